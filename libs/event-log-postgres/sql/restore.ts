import type { Statement } from '../connections.js';

/**
 * The timeline that has or had the name, and the chain hash that it has at the version to restore. While it is looked at
 * nobody removes it; appends to it go on. $1 name  $2 head version
 */
export const findToRestore: Statement = {
  name: 'find-to-restore',
  text: `
    select
      timeline_id, status,
      (
        select encode(hash, 'hex')
        from commit
        where commit.timeline_id = timeline.timeline_id and last_version = $2::bigint
      )
    from timeline
    where name = $1::text
    for key share`,
};

/** $1 timeline  $2 … $7 the columns, a value a commit */
export const insertCommits: Statement = {
  name: 'insert-commits',
  text: `
    insert into commit (timeline_id, last_version, first_version, recorded_at_ms, data_bytes, hash, writer)
    select
      $1::integer, line.last_version, line.first_version, line.recorded_at_ms, line.data_bytes,
      decode(line.hash, 'hex'), line.writer
    from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::text[], $7::text[])
      as line (last_version, first_version, recorded_at_ms, data_bytes, hash, writer)`,
};

/** $1 scope  $2 … $6 the columns, a value a key. In the server's scope one that is burnt already stays as it is. */
export const insertKeys: Statement = {
  name: 'insert-keys',
  text: `
    insert into key (scope, first_version, event_count, digest, request_hash, reply)
    select $1::integer, line.*
    from unnest($2::bigint[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[])
      as line (first_version, event_count, digest, request_hash, reply)
    on conflict (scope, digest) do nothing`,
};

/** $1 timeline  $2 labels  $3 versions */
export const insertLabels: Statement = {
  name: 'insert-labels',
  text: `
    insert into label (timeline_id, label, version, newest_timeline)
    select $1::integer, line.label, line.version, (select max(timeline_id) from timeline)
    from unnest($2::text[], $3::bigint[]) as line (label, version)`,
};
