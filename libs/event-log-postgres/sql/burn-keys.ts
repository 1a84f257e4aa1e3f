import type { Statement } from '../connections.js';

/**
 * Burns keys of commands that wrote no event, under the head's lock: nothing may have happened since they were decided.
 * $1 timeline  $2 expected version  $3 expected hash  $4 … $8 the columns of the keys
 */
export const burnKeys: Statement = {
  name: 'burn-keys',
  text: `
    with held as (
      select timeline_id
      from timeline
      where timeline_id = $1::integer and head_version = $2::bigint and head_hash = $3::bytea and status = 'open'
      for no key update
    ),
    burnt as (
      insert into key (first_version, scope, event_count, digest, request_hash, reply)
      select line.first_version, held.timeline_id, line.event_count, line.digest, line.request_hash, line.reply
      from held
      cross join unnest($4::bigint[], $5::integer[], $6::uuid[], $7::uuid[], $8::text[])
        as line (first_version, event_count, digest, request_hash, reply)
    )
    select (select count(*) from held), (extract(epoch from clock_timestamp()) * 1000)::bigint`,
};
