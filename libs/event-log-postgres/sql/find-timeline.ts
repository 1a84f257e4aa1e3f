import type { Statement } from '../connections.js';

const columns = `
  timeline.timeline_id, timeline.name, timeline.parent_id, parent.name, timeline.fork_version,
  encode(timeline.genesis_hash, 'hex'), timeline.head_version, encode(timeline.head_hash, 'hex'),
  timeline.created_at_ms`;

/** $1 name */
export const findTimeline: Statement = {
  name: 'find-timeline',
  text: `
    select ${columns}
    from timeline
    left join timeline as parent on parent.timeline_id = timeline.parent_id
    where timeline.name = $1::text and timeline.status = 'open'`,
};

/** $1 after name, or null  $2 limit */
export const listTimelines: Statement = {
  name: 'list-timelines',
  text: `
    select ${columns}
    from timeline
    left join timeline as parent on parent.timeline_id = timeline.parent_id
    where timeline.name > coalesce($1::text, '') and timeline.status = 'open'
    order by timeline.name
    limit $2::integer`,
};
