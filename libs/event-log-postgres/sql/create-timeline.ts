import type { Statement } from '../connections.js';

/** $1 … $5 the key's columns */
export const burnServerKey: Statement = {
  name: 'burn-server-key',
  text: `
    insert into key (first_version, scope, event_count, digest, request_hash, reply)
    values ($1::bigint, 0, $2::integer, $3::uuid, $4::uuid, $5::text)`,
};

/** Keeps what is forked from being removed meanwhile, and waits for nothing but its removal. $1 timeline */
export const lockParent: Statement = {
  name: 'lock-parent',
  text: `
    select timeline_id
    from timeline
    where timeline_id = $1::integer and status = 'open'
    for key share`,
};

/** $1 name  $2 created at  $3 genesis hash  $4 head version  $5 head hash  $6 parent and $7 fork version, or null */
export const insertTimeline: Statement = {
  name: 'insert-timeline',
  text: `
    insert into timeline (head_version, created_at_ms, genesis_hash, head_hash, name, parent_id, fork_version)
    values ($4::bigint, $2::bigint, $3::bytea, $5::bytea, $1::text, $6::integer, $7::bigint)
    returning timeline_id`,
};

/** A first commit may be long, so its events come in chunks. $1 timeline  $2 version before  $3 … $9 the columns */
export const insertEvents: Statement = {
  name: 'insert-events',
  text: `
    insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
    select
      $2::bigint + line.number, line.at_ms::bigint, line.command_id::uuid, $1::integer, line.link::integer,
      line.schema_version::smallint, line.type, line.actor, line.data::json
    from rows from (
      string_to_table($3::text, E'\\n'), string_to_table($4::text, E'\\n'), string_to_table($5::text, E'\\n'),
      string_to_table($6::text, E'\\n'), string_to_table($7::text, E'\\n'), string_to_table($8::text, E'\\n'),
      string_to_table($9::text, E'\\n')
    ) with ordinality as line (at_ms, command_id, link, schema_version, type, actor, data, number)`,
};

/** $1 timeline  $2 last version  $3 recorded at  $4 bytes of data  $5 hash  $6 writer  $7 first version */
export const insertFirstCommit: Statement = {
  name: 'insert-first-commit',
  text: `
    insert into commit (last_version, first_version, recorded_at_ms, timeline_id, data_bytes, hash, writer)
    values ($2::bigint, $7::bigint, $3::bigint, $1::integer, $4::integer, $5::bytea, $6::text)`,
};
