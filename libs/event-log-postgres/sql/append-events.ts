import type { Statement } from '../connections.js';

/**
 * The append: compare-and-set of the head, and everything the group commit writes hangs from the row it returns, so a
 * lost race writes nothing and a refused row takes the head back with it.
 *
 * Each column of the events travels as one text, a line an event, and is taken apart by the server. Events/s on a
 * 2-core machine, PostgreSQL 18.4, durable, one connection, 166 bytes of data an event, in groups of 1 / 20 / 100 / 1000:
 *
 *   string_to_table, a text a column      2,400   30,900    69,500   131,800   (this one)
 *   one text of tab-separated lines       2,300   32,700    79,700   120,800   (a tab in a field breaks it)
 *   two texts, split_part                 2,200   25,800    78,100   132,400
 *   unnest of six arrays                  2,300   28,600    69,100   127,300
 *   json_to_recordset                     2,300   26,100    51,900    81,800
 *   json_array_elements                   2,400   21,200    50,500    63,700
 *
 * $1 timeline  $2 expected version  $3 expected hash  $4 new hash  $5 number of events  $6 recorded at  $7 writer
 * $8 bytes of data  $9 … $15 the columns of the events
 */
const moveHead = `
  moved as (
    update timeline
    set head_version = $2::bigint + $5::integer, head_hash = $4::bytea
    where timeline_id = $1::integer and head_version = $2::bigint and head_hash = $3::bytea and status = 'open'
    returning timeline_id
  )`;

const writeEvents = `
  written as (
    insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
    select
      $2::bigint + line.number, line.at_ms::bigint, line.command_id::uuid, moved.timeline_id, line.link::integer,
      line.schema_version::smallint, line.type, line.actor, line.data::json
    from moved
    cross join rows from (
      string_to_table($9::text, E'\\n'), string_to_table($10::text, E'\\n'), string_to_table($11::text, E'\\n'),
      string_to_table($12::text, E'\\n'), string_to_table($13::text, E'\\n'), string_to_table($14::text, E'\\n'),
      string_to_table($15::text, E'\\n')
    ) with ordinality as line (at_ms, command_id, link, schema_version, type, actor, data, number)
  )`;

const sealCommit = `
  sealed as (
    insert into commit (last_version, first_version, recorded_at_ms, timeline_id, data_bytes, hash, writer)
    select $2::bigint + $5::integer, $2::bigint + 1, $6::bigint, timeline_id, $8::integer, $4::bytea, $7::text
    from moved
  )`;

/** $16 … $20 the columns of the keys. */
const burnKeys = `
  burnt as (
    insert into key (first_version, scope, event_count, digest, request_hash, reply)
    select line.first_version, moved.timeline_id, line.event_count, line.digest, line.request_hash, line.reply
    from moved
    cross join unnest($16::bigint[], $17::integer[], $18::uuid[], $19::uuid[], $20::text[])
      as line (first_version, event_count, digest, request_hash, reply)
  )`;

const outcome = `
  select (select count(*) from moved), (extract(epoch from clock_timestamp()) * 1000)::bigint`;

export const appendEvents: Statement = {
  name: 'append-events',
  text: `with ${[moveHead, writeEvents, sealCommit].join(',')} ${outcome}`,
};

export const appendEventsAndKeys: Statement = {
  name: 'append-events-and-keys',
  text: `with ${[moveHead, writeEvents, sealCommit, burnKeys].join(',')} ${outcome}`,
};
