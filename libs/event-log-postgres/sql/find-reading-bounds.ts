import type { Statement } from '../connections.js';

/**
 * Where reading commits starts and ends: the head, the first version of the commit that holds the first event wanted,
 * whether rows stand beyond the head or before the first version that is the timeline's own, which only a hand can have
 * put there, and that first version less one. $1 timeline  $2 after version
 */
export const findReadingBounds: Statement = {
  name: 'find-reading-bounds',
  text: `
    select
      head_version,
      (
        select first_version
        from commit
        where commit.timeline_id = timeline.timeline_id and last_version > $2::bigint
        order by last_version
        limit 1
      ),
      exists (
        select from event where event.timeline_id = timeline.timeline_id and version > head_version
      ) or exists (
        select from commit where commit.timeline_id = timeline.timeline_id and last_version > head_version
      ),
      exists (
        select from event where event.timeline_id = timeline.timeline_id and version <= coalesce(fork_version, 0)
      ) or exists (
        select from commit where commit.timeline_id = timeline.timeline_id and last_version <= coalesce(fork_version, 0)
      ),
      coalesce(fork_version, 0)
    from timeline
    where timeline_id = $1::integer and status = 'open'`,
};
