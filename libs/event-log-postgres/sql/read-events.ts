import type { Statement } from '../connections.js';

/** The types that `event_touching_yield` indexes; the index serves only a statement that spells them out. */
export const typesTouchingYield: ReadonlySet<string> = new Set([
  'TimelineCreated',
  'YieldDistributed',
  'ApyChanged',
  'StakeAdded',
  'StakeWithdrawn',
  'LegacyEconomyImported',
  'LegacyStakeImported',
]);

/**
 * What data may take, without unpacking it: what is stored as it is takes as much as it is long, and what is compressed at
 * most 256 times that, and about a document at most.
 */
const bytesOfData = `
  case when pg_column_compression(data) is null then pg_column_size(data)
  else least(1048576, 256 * pg_column_size(data)) end`;

/** $1 timeline  $2 after version  $3 to version, or null  $4 limit  $5 bytes of data, or null  ($6 types) */
const readWhere = (condition: string): string => `
  select
    timeline.head_version, encode(timeline.head_hash, 'hex'),
    read.version, read.at_ms, read.command_id, read.schema_version, read.type, read.actor, read.data, read.found
  from timeline
  left join lateral (
    select * from (
      select
        version, at_ms, command_id, schema_version, type, actor, data,
        count(*) over () as found,
        sum(${bytesOfData}) over (order by version rows between unbounded preceding and 1 preceding) as bytes_before
      from (
        select version, at_ms, command_id, schema_version, type, actor, data
        from event
        where event.timeline_id = timeline.timeline_id
          and version > $2::bigint
          and version <= least($3::bigint, timeline.head_version)
          ${condition}
        order by version
        limit $4::integer
      ) as asked
    ) as measured
    where $5::bigint is null or bytes_before is null or bytes_before < $5::bigint
    order by version
  ) as read on true
  where timeline.timeline_id = $1::integer and timeline.status = 'open'`;

export const readEvents: Statement = { name: 'read-events', text: readWhere('') };

export const readEventsOfTypes: Statement = {
  name: 'read-events-of-types',
  text: readWhere('and type = any ($6::text[])'),
};

export const readEventsTouchingYield: Statement = {
  name: 'read-events-touching-yield',
  text: readWhere(
    `and type = any ($6::text[]) and type in (${[...typesTouchingYield].map((type) => `'${type}'`).join(', ')})`,
  ),
};

/** $1 timeline  $2 after version  $3 to version  $4 actor */
export const findLastOfOthers: Statement = {
  name: 'find-last-of-others',
  text: `
    select version
    from event
    where timeline_id = $1::integer and version > $2::bigint and version <= $3::bigint and actor <> $4::text
    order by version desc
    limit 1`,
};
