import type { Statement } from '../connections.js';
import { nowMs } from './database-time.js';

/** Held to the end of the transaction: two that are created at once must not both take the last place. */
export const lockReplays: Statement = {
  name: 'lock-replays',
  text: 'select pg_advisory_xact_lock(7307366448124958)',
};

const created = `
  insert into replay (replay_id, timeline_id, mode, to_version, created_at_ms)
  select $1::uuid, timeline_id, $3::text, $4::bigint, ${nowMs}
  from timeline
  where timeline_id = $2::integer
    and (select count(*) from replay where status = 'running') < $5::integer
  returning replay_id`;

/** Gives no row where as many as $5 are unfinished. $1 replay  $2 timeline  $3 mode  $4 to version */
export const createReplay: Statement = { name: 'create-replay', text: created };

/** The same, with a key of the server's scope. $6 first version  $7 number of events  $8 digest  $9 request  $10 reply */
export const createReplayAndBurnKey: Statement = {
  name: 'create-replay-and-burn-key',
  text: `
    with created as (${created}),
    burnt as (
      insert into key (first_version, scope, event_count, digest, request_hash, reply)
      select $6::bigint, 0, $7::integer, $8::uuid, $9::uuid, $10::text
      from created
    )
    select replay_id from created`,
};

/** All finished ones but the newest. $1 how many to keep */
export const forgetReplays: Statement = {
  name: 'forget-replays',
  text: `
    delete from replay
    where replay_id in (
      select replay_id
      from replay
      where status <> 'running'
      order by created_at_ms desc, replay_id desc
      offset $1::integer
    )`,
};
