import type { Statement } from '../connections.js';

/**
 * Those at a label's version stay: a fork from the label starts there. Those from before a rebuild go.
 * $1 timeline  $2 how many of each kind to keep
 */
export const pruneSnapshots: Statement = {
  name: 'prune-snapshots',
  text: `
    with ranked as (
      select
        version, format, reducer, snapshot.rebuilds < timeline.rebuilds as is_outdated,
        row_number() over (
          partition by format, reducer, snapshot.rebuilds < timeline.rebuilds order by version desc
        ) as rank
      from snapshot
      join timeline on timeline.timeline_id = snapshot.timeline_id
      where snapshot.timeline_id = $1::integer
    ),
    removed as (
      delete from snapshot
      using ranked
      where snapshot.timeline_id = $1::integer
        and snapshot.version = ranked.version
        and snapshot.format = ranked.format
        and snapshot.reducer = ranked.reducer
        and (
          ranked.is_outdated
          or ranked.rank > $2::integer
          and not exists (
            select from label where label.timeline_id = $1::integer and label.version = snapshot.version
          )
        )
      returning snapshot.version
    )
    select count(*) from removed`,
};
