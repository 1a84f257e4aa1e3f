import type { Statement } from '../connections.js';

const insert = `
  insert into label (timeline_id, label, version, newest_timeline)
  select timeline_id, $2::text, $3::bigint, (select max(timeline_id) from timeline)
  from timeline
  where timeline_id = $1::integer and status = 'open'
  for key share
  on conflict (timeline_id, label) do nothing
  returning version`;

/** Left alone if the timeline has it, or was removed. $1 timeline  $2 label  $3 version */
export const insertLabel: Statement = { name: 'insert-label', text: insert };

/** The same, with a key of the timeline. $4 first version  $5 number of events  $6 digest  $7 request  $8 reply */
export const insertLabelAndKey: Statement = {
  name: 'insert-label-and-key',
  text: `
    with named as (${insert}),
    burnt as (
      insert into key (first_version, scope, event_count, digest, request_hash, reply)
      select $4::bigint, $1::integer, $5::integer, $6::uuid, $7::uuid, $8::text
      from named
    )
    select version from named`,
};

const visible = `
  from label
  join unnest($1::integer[], $2::bigint[], $3::integer[])
    with ordinality as stretch (kept_by, last_version, forked_by, number)
    on label.timeline_id = stretch.kept_by
  join timeline on timeline.timeline_id = label.timeline_id
  where (stretch.last_version is null or label.version <= stretch.last_version)
    and (stretch.forked_by is null or label.newest_timeline < stretch.forked_by)`;

/**
 * The nearest of an ancestry, put before the fork that leads away from it was made. $1 the timelines, oldest first  $2 their last
 * versions  $3 those forks, both null for the last  $4 label
 */
export const findLabel: Statement = {
  name: 'find-label',
  text: `
    select label.label, label.version, timeline.name
    ${visible} and label.label = $4::text
    order by stretch.number desc
    limit 1`,
};

/** $1 … $3 as above  $4 after label, or null  $5 limit */
export const listLabels: Statement = {
  name: 'list-labels',
  text: `
    select distinct on (label.label) label.label, label.version, timeline.name
    ${visible} and label.label > coalesce($4::text, '')
    order by label.label, stretch.number desc
    limit $5::integer`,
};
