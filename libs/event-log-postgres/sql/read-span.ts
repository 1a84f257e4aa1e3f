import type { Statement } from '../connections.js';

/**
 * A span of events, each column as one text with a line an event: reading a million events costs Node a few thousand
 * rows, so that folding and checking the chain have its core to themselves. Events/s of one reader on a 2-core machine,
 * pages of 2,000 to 5,000, and what it took of the reader's core: this 410,000 to 490,000 at 40 %, a row an event
 * 400,000 at 100 %.
 *
 * $1 timeline  $2 after version  $3 to version
 */
export const readSpan: Statement = {
  name: 'read-span',
  text: `
    select
      count(*), string_agg(at_ms::text, E'\\n'), string_agg(command_id::text, E'\\n'),
      string_agg(schema_version::text, E'\\n'), string_agg(link::text, E'\\n'), string_agg(type, E'\\n'),
      string_agg(actor, E'\\n'), string_agg(data::text, E'\\n')
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
