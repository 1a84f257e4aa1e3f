import type { Statement } from '../connections.js';

const columns = `
  (timeline_id, version, format, reducer, chain_hash, codec, sha256, state_hash, taken_at_ms, rebuilds, bytes)`;

const values = `
  $1::integer, $2::bigint, $3::integer, $4::text, $5::bytea, $6::text, $7::bytea, $8::bytea, $9::bigint, $10::integer,
  $11::bytea`;

const whereOpen = `where timeline_id = $1::integer and timeline.status = 'open'`;

const orReplace = `
  on conflict (timeline_id, version, format, reducer) do update set
    chain_hash = excluded.chain_hash, codec = excluded.codec, sha256 = excluded.sha256,
    state_hash = excluded.state_hash, taken_at_ms = excluded.taken_at_ms, rebuilds = excluded.rebuilds,
    bytes = excluded.bytes
  where snapshot.rebuilds <= excluded.rebuilds`;

/**
 * Taken twice, the later one stands, unless it is of a state from before a rebuild; of a timeline that was removed
 * meanwhile, none does. $1 timeline  $2 … $11 the columns
 */
export const saveSnapshot: Statement = {
  name: 'save-snapshot',
  text: `insert into snapshot ${columns} select ${values} from timeline ${whereOpen} for key share ${orReplace}`,
};

/** The same by whoever works on a replay; gives a row if the claim holds. $12 replay  $13 owner  $14 attempt */
export const saveSnapshotOfReplay: Statement = {
  name: 'save-snapshot-of-replay',
  text: `
    with held as materialized (
      select replay_id
      from replay
      where replay_id = $12::uuid and owner = $13::text and attempts = $14::integer and status = 'running'
      for update
    ),
    saved as (
      insert into snapshot ${columns}
      select ${values} from held cross join timeline ${whereOpen} for key share of timeline ${orReplace}
    )
    select replay_id from held`,
};
