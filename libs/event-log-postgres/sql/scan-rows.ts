import type { Statement } from '../connections.js';

/**
 * A page of a timeline's events in one row, each text column a line an event and the numbers packed (version, at_ms, link,
 * schema_version, in network order), as `readSpan` has them and for its reason. Nothing is known of the rows before they
 * are read, so a page is bounded by what it finds: so many events, and no more than the first that fill so many bytes.
 *
 * $1 timeline  $2 after version  $3 to version  $4 events  $5 bytes of data
 */
export const scanEvents: Statement = {
  name: 'scan-events',
  text: `
    select
      count(*),
      encode(
        string_agg(int8send(version) || int8send(at_ms) || int4send(link) || int2send(schema_version), ''), 'base64'
      ),
      string_agg(command_id::text, E'\\n'), string_agg(type, E'\\n'), string_agg(actor, E'\\n'),
      string_agg(data, E'\\n'), sum(bytes)
    from (
      select *, sum(bytes) over (order by version rows unbounded preceding) as bytes_so_far
      from (
        select
          version, at_ms, command_id, link, schema_version, type, actor, data::text as data,
          octet_length(data::text) as bytes
        from event
        where timeline_id = $1::integer and version > $2::bigint and version <= $3::bigint
        order by version
        limit $4::integer
      ) as found
    ) as page
    where bytes_so_far - bytes < $5::integer`,
};

/** The same page, a row an event: for one that holds line breaks. $1 … $4 as above */
export const scanEventsSingly: Statement = {
  name: 'scan-events-singly',
  text: `
    select version, at_ms, command_id, link, schema_version, type, actor, data
    from event
    where timeline_id = $1::integer and version > $2::bigint and version <= $3::bigint
    order by version
    limit $4::integer`,
};

/** $1 timeline  $2 after last version  $3 to last version  $4 commits */
export const scanCommits: Statement = {
  name: 'scan-commits',
  text: `
    select first_version, last_version, encode(hash, 'hex'), recorded_at_ms, writer, data_bytes
    from commit
    where timeline_id = $1::integer and last_version > $2::bigint and last_version <= $3::bigint
    order by last_version
    limit $4::integer`,
};

/** The head and the lowest rows beyond it. $1 timeline */
export const findBeyondHead: Statement = {
  name: 'find-beyond-head',
  text: `
    select
      head_version, encode(head_hash, 'hex'),
      (
        select version
        from event
        where event.timeline_id = timeline.timeline_id and version > head_version
        order by version
        limit 1
      ),
      (
        select last_version
        from commit
        where commit.timeline_id = timeline.timeline_id and last_version > head_version
        order by last_version
        limit 1
      )
    from timeline
    where timeline_id = $1::integer and status = 'open'`,
};

/** The numbers are skipped through on the primary key, a few pages a timeline, however long the log is. */
const strayRowsOf = (table: 'event' | 'commit', version: string): Statement => ({
  name: `find-stray-rows-of-${table}`,
  text: `
    with recursive number as (
      (select timeline_id from ${table} order by timeline_id limit 1)
      union all
      select (
        select timeline_id from ${table} where timeline_id > number.timeline_id order by timeline_id limit 1
      )
      from number
      where timeline_id is not null
    )
    select
      timeline_id,
      (
        select ${version} from ${table} where ${table}.timeline_id = number.timeline_id order by ${version} limit 1
      )
    from number
    where timeline_id is not null
      and not exists (select from timeline where timeline.timeline_id = number.timeline_id)
    order by timeline_id`,
});

export const findStrayEvents = strayRowsOf('event', 'version');
export const findStrayCommits = strayRowsOf('commit', 'last_version');
