import type { Statement } from '../connections.js';

/** Taken twice, the later one stands. $1 timeline  $2 … $10 the columns */
export const saveSnapshot: Statement = {
  name: 'save-snapshot',
  text: `
    insert into snapshot
      (timeline_id, version, format, reducer, chain_hash, codec, sha256, state_hash, taken_at_ms, bytes)
    values (
      $1::integer, $2::bigint, $3::integer, $4::text, $5::bytea, $6::text, $7::bytea, $8::bytea, $9::bigint, $10::bytea
    )
    on conflict (timeline_id, version, format, reducer) do update set
      chain_hash = excluded.chain_hash, codec = excluded.codec, sha256 = excluded.sha256,
      state_hash = excluded.state_hash, taken_at_ms = excluded.taken_at_ms, bytes = excluded.bytes`,
};
