import type { Statement } from '../connections.js';
import { nowMs } from './database-time.js';
import { replayColumns } from './read-replays.js';

/** The oldest one that nobody holds, passing over those that are just being taken. $1 owner  $2 lease, ms */
export const claimReplay: Statement = {
  name: 'claim-replay',
  text: `
    with free as (
      select replay_id
      from replay
      where status = 'running' and lease_until_ms <= ${nowMs}
      order by created_at_ms, replay_id
      limit 1
      for update skip locked
    )
    update replay
    set
      owner = $1::text, attempts = attempts + 1, lease_until_ms = ${nowMs} + $2::bigint, version = 0, of_version = null,
      events_per_second = 0
    from free, timeline
    where replay.replay_id = free.replay_id and timeline.timeline_id = replay.timeline_id
    returning ${replayColumns}`,
};
