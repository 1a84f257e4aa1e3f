import { keyDigest, requestDigest } from '#event-log';
import type { RequestKey } from '#runtime';

/** The principal of whoever brings no access key, as the server has it. */
export const ANONYMOUS = 'anonymous';

/** A key that stands for a request, as the server makes it: each finds what the other did. */
export const requestKey = (key: string, request: string): RequestKey => ({
  digest: (part) => keyDigest({ principal: ANONYMOUS, key, part }),
  requestHash: requestDigest(request),
});
