import type { IncomingHttpHeaders } from 'node:http';
import type { InputErrors } from '../fields/read.js';

/** What a request says about how often and on which version it may take effect. */
export interface Conditions {
  /** `Idempotency-Key`; null where there is none. */
  readonly key: string | null;
  /** `If-Match`; null where there is none. */
  readonly expectedVersion: number | null;
}

const KEY_PATTERN = /^[\x20-\x7e]{1,255}$/;
const VERSION_TAG = /^"(0|[1-9][0-9]{0,14})"$/;

export const isKey = (text: unknown): text is string => typeof text === 'string' && KEY_PATTERN.test(text);

/** What an idempotency key must be, in words. */
export const KEY_WORDS = 'must be 1 to 255 printable ASCII characters';

export function readConditions(headers: IncomingHttpHeaders, errors: InputErrors): Conditions {
  const key = headers['idempotency-key'];
  const match = headers['if-match'];
  if (key !== undefined && !isKey(key)) errors.add('/headers/idempotency-key', KEY_WORDS);
  const version = match === undefined ? undefined : VERSION_TAG.exec(match)?.[1];
  if (match !== undefined && version === undefined) {
    errors.add('/headers/if-match', 'must be one version in quotes, such as "42"');
  }
  return { key: isKey(key) ? key : null, expectedVersion: version === undefined ? null : Number(version) };
}

/**
 * The idempotency key of a request that does not decide on a timeline's version, null where there is none. `If-Match` is
 * refused: a client that sends it counts on it.
 */
export function readKey(headers: IncomingHttpHeaders, errors: InputErrors): string | null {
  if (headers['if-match'] !== undefined) errors.add('/headers/if-match', 'is not taken by this route');
  return readConditions({ 'idempotency-key': headers['idempotency-key'] }, errors).key;
}

/** The `ETag` of a timeline at a version, as `If-Match` takes it. */
export const versionTag = (version: number): string => `"${version}"`;
