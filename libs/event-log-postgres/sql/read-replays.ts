import type { Statement } from '../connections.js';

/** Of a replay that is called so, beside its timeline. */
export const replayColumns = `
  replay.replay_id, replay.timeline_id, timeline.name, replay.mode, replay.status, replay.to_version, replay.owner,
  replay.attempts, replay.created_at_ms, replay.finished_at_ms, replay.version, replay.of_version,
  replay.events_per_second, encode(replay.state_hash, 'hex'), replay.matches, replay.first_difference, replay.failure`;

const selected = `
  select ${replayColumns}
  from replay
  join timeline on timeline.timeline_id = replay.timeline_id`;

/** $1 replay */
export const findReplay: Statement = {
  name: 'find-replay',
  text: `${selected} where replay.replay_id = $1::uuid`,
};

/** Newest first. $1 created at and $2 replay to go on behind, or null  $3 limit */
export const listReplays: Statement = {
  name: 'list-replays',
  text: `
    ${selected}
    where (replay.created_at_ms, replay.replay_id)
      < (coalesce($1::bigint, 9223372036854775807), coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by replay.created_at_ms desc, replay.replay_id desc
    limit $3::integer`,
};
