import type { Statement } from '../connections.js';

const selected = `
  select
    timeline.timeline_id, timeline.name, timeline.parent_id, parent.name, timeline.fork_version,
    encode(timeline.genesis_hash, 'hex'), timeline.head_version, encode(timeline.head_hash, 'hex'),
    timeline.created_at_ms, coalesce(event.type, ''), coalesce(event.at_ms, 0), coalesce(commit.recorded_at_ms, 0),
    timeline.rebuilds
  from timeline
  left join timeline as parent on parent.timeline_id = timeline.parent_id
  left join event on event.timeline_id = timeline.timeline_id and event.version = timeline.head_version
  left join commit on commit.timeline_id = timeline.timeline_id and commit.last_version = timeline.head_version`;

/** $1 name */
export const findTimeline: Statement = {
  name: 'find-timeline',
  text: `
    ${selected}
    where timeline.name = $1::text and timeline.status = 'open'`,
};

/** $1 after name, or null  $2 limit */
export const listTimelines: Statement = {
  name: 'list-timelines',
  text: `
    ${selected}
    where timeline.name > coalesce($1::text, '') and timeline.status = 'open'
    order by timeline.name
    limit $2::integer`,
};

/** The same within ranges of names, each looked up in the index of names. $3 first names  $4 last names */
export const listTimelinesWithin: Statement = {
  name: 'list-timelines-within',
  text: `
    ${selected}
    where timeline.timeline_id in (
      select found.timeline_id
      from unnest($3::text[], $4::text[]) as range (first_name, last_name)
      cross join lateral (
        select named.timeline_id
        from timeline as named
        where named.name between range.first_name and range.last_name
          and named.name > coalesce($1::text, '')
          and named.status = 'open'
        order by named.name
        limit $2::integer
      ) as found
    )
    order by timeline.name
    limit $2::integer`,
};

/** $1 parent  $2 limit */
export const listForks: Statement = {
  name: 'list-forks',
  text: `
    ${selected}
    where timeline.parent_id = $1::integer and timeline.status = 'open'
    order by timeline.name
    limit $2::integer`,
};
