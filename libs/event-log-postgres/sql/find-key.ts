import type { Statement } from '../connections.js';

/** $1 scope: a timeline, or 0 for the server  $2 digest */
export const findKey: Statement = {
  name: 'find-key',
  text: `
    select digest, request_hash, first_version, event_count, reply
    from key
    where scope = $1::integer and digest = $2::uuid`,
};
