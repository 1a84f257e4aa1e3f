import type { Statement } from '../connections.js';

/** $1 timeline */
export const removeTimeline: Statement = {
  name: 'remove-timeline',
  text: 'select remove_timeline($1::integer)',
};

/** The same, with a key of the server's scope. $2 first version  $3 number of events  $4 digest  $5 request  $6 reply */
export const removeTimelineAndBurnKey: Statement = {
  name: 'remove-timeline-and-burn-key',
  text: `
    with removal as materialized (
      select remove_timeline($1::integer) as outcome
    ),
    burnt as (
      insert into key (first_version, scope, event_count, digest, request_hash, reply)
      select $2::bigint, 0, $3::integer, $4::uuid, $5::uuid, $6::text
      from removal
      where outcome = 'removed'
    )
    select outcome from removal`,
};

/** $1 rows of a table at most */
export const purgeRemovedTimelines: Statement = {
  name: 'purge-removed-timelines',
  text: 'select purge_removed_timelines($1::integer)',
};
