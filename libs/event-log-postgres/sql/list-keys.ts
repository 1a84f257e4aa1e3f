import type { Statement } from '../connections.js';

/** $1 scope: a timeline, or 0 for the server  $2 to version  $3 after digest, or null  $4 limit */
export const listKeys: Statement = {
  name: 'list-keys',
  text: `
    select digest, request_hash, first_version, event_count, reply
    from key
    where scope = $1::integer
      and digest > coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')
      and first_version + event_count - 1 <= $2::bigint
    order by digest
    limit $4::integer`,
};
