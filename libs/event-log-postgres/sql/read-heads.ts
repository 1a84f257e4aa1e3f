import type { Statement } from '../connections.js';

/** $1 timelines */
export const readHeads: Statement = {
  name: 'read-heads',
  text: `
    select timeline_id, head_version, encode(head_hash, 'hex'), rebuilds
    from timeline
    where timeline_id = any ($1::integer[]) and status = 'open'`,
};
