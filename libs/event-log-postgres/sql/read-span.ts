import type { Statement } from '../connections.js';

/**
 * A span of events in one row, each text column a line an event and the numbers packed (at_ms, link, schema_version, in
 * network order): reading a million events costs Node some hundred rows, so that folding and checking the chain have its
 * core to themselves. Events/s of one reader on a 2-core machine, spans of 4,000, and what that took of Node's core:
 *
 *   this                                     540,000 at 45 %
 *   numbers as lines too                     470,000 at 45 %
 *   a row an event, keyset pages of 5,000    400,000 at 100 %
 *
 * $1 timeline  $2 after version  $3 to version
 */
export const readSpan: Statement = {
  name: 'read-span',
  text: `
    select
      count(*),
      encode(string_agg(int8send(at_ms) || int4send(link) || int2send(schema_version), ''), 'base64'),
      string_agg(command_id::text, E'\\n'), string_agg(type, E'\\n'), string_agg(actor, E'\\n'),
      string_agg(data::text, E'\\n')
    from (
      select version, at_ms, command_id, schema_version, link, type, actor, data
      from event
      where timeline_id = $1::integer and version > $2::bigint and version <= $3::bigint
      order by version
    ) as span`,
};

/** The first version that is missing. $1 timeline  $2 first version  $3 last version */
export const findGap: Statement = {
  name: 'find-gap',
  text: `
    select wanted.version
    from generate_series($2::bigint, $3::bigint) as wanted (version)
    where not exists (
      select from event where timeline_id = $1::integer and event.version = wanted.version
    )
    order by wanted.version
    limit 1`,
};

/** The first version with a line break in it. $1 timeline  $2 first version  $3 last version */
export const findLineBreak: Statement = {
  name: 'find-line-break',
  text: `
    select version
    from event
    where timeline_id = $1::integer and version between $2::bigint and $3::bigint
      and (strpos(type, E'\\n') > 0 or strpos(actor, E'\\n') > 0 or strpos(data::text, E'\\n') > 0)
    order by version
    limit 1`,
};
