import type { Statement } from '../connections.js';
import { nowMs } from './database-time.js';

/** Where a claim holds. $1 replay  $2 owner  $3 attempt */
const held = "replay_id = $1::uuid and owner = $2::text and attempts = $3::integer and status = 'running'";

/** $4 version  $5 of version  $6 events a second  $7 lease, ms */
export const reportReplay: Statement = {
  name: 'report-replay',
  text: `
    update replay
    set
      version = $4::bigint, of_version = $5::bigint, events_per_second = $6::bigint,
      lease_until_ms = ${nowMs} + $7::bigint
    where ${held}
    returning replay_id`,
};

export const giveReplayBack: Statement = {
  name: 'give-replay-back',
  text: `update replay set lease_until_ms = 0 where ${held}`,
};

const ended = `
  finished_at_ms = ${nowMs}, version = $5::bigint, of_version = $6::bigint, events_per_second = $7::bigint,
  state_hash = $8::bytea, matches = $9::boolean, first_difference = $10::text, failure = $11::text`;

/** $4 status  $5 … $7 the progress  $8 … $11 the result */
export const finishReplay: Statement = {
  name: 'finish-replay',
  text: `update replay set status = $4::text, ${ended} where ${held} returning replay_id`,
};

/**
 * The timeline's count of rebuilds rises, the snapshots that were checked and are still the same count on, and the job
 * ends. An append that is under way holds the timeline's row for a moment; then this one does.
 * $4 status  $5 … $11 as above  $12 … $15 version, format, reducer and SHA-256 of the snapshots
 */
export const finishRebuild: Statement = {
  name: 'finish-rebuild',
  text: `
    with claim as materialized (
      select replay_id, timeline_id from replay where ${held} for update
    ),
    raised as (
      update timeline
      set rebuilds = rebuilds + 1
      from claim
      where timeline.timeline_id = claim.timeline_id
      returning timeline.timeline_id, timeline.rebuilds
    ),
    confirmed as (
      update snapshot
      set rebuilds = raised.rebuilds
      from raised, unnest($12::bigint[], $13::integer[], $14::text[], $15::text[])
        as checked (version, format, reducer, sha256)
      where snapshot.timeline_id = raised.timeline_id
        and snapshot.version = checked.version
        and snapshot.format = checked.format
        and snapshot.reducer = checked.reducer
        and snapshot.sha256 = decode(checked.sha256, 'hex')
    )
    update replay
    set status = $4::text, ${ended}
    from raised
    where replay.replay_id = $1::uuid and replay.timeline_id = raised.timeline_id
    returning replay.replay_id`,
};

/** $1 replay */
export const cancelReplay: Statement = {
  name: 'cancel-replay',
  text: `
    update replay
    set status = 'cancelled', finished_at_ms = ${nowMs}
    where replay_id = $1::uuid and status = 'running'`,
};
