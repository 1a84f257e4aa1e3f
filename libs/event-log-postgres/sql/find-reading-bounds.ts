import type { Statement } from '../connections.js';

/**
 * Where reading commits starts and ends: the head, the first version of the commit that holds the first event wanted,
 * and whether rows stand beyond the head, which only a hand can have put there. $1 timeline  $2 after version
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
      )
    from timeline
    where timeline_id = $1::integer and status = 'open'`,
};
