import type { Statement } from '../connections.js';

/** Taken twice, the later one stands; of a timeline that was removed meanwhile, none does. $1 timeline  $2 … $10 the columns */
export const saveSnapshot: Statement = {
  name: 'save-snapshot',
  text: `
    insert into snapshot
      (timeline_id, version, format, reducer, chain_hash, codec, sha256, state_hash, taken_at_ms, bytes)
    select
      timeline_id, $2::bigint, $3::integer, $4::text, $5::bytea, $6::text, $7::bytea, $8::bytea, $9::bigint, $10::bytea
    from timeline
    where timeline_id = $1::integer and status = 'open'
    for key share
    on conflict (timeline_id, version, format, reducer) do update set
      chain_hash = excluded.chain_hash, codec = excluded.codec, sha256 = excluded.sha256,
      state_hash = excluded.state_hash, taken_at_ms = excluded.taken_at_ms, bytes = excluded.bytes`,
};
