import type { Statement } from '../connections.js';

const columns = `
  version, format, reducer, encode(chain_hash, 'hex'), codec, octet_length(bytes), encode(sha256, 'hex'),
  encode(state_hash, 'hex'), taken_at_ms, snapshot.timeline_id, snapshot.rebuilds`;

/**
 * Those of an ancestry, each up to the version where the ancestry leaves its timeline, and none from before its rebuild.
 * $1 the timelines, oldest first  $2 their last versions, null for the last
 */
export const listSnapshots: Statement = {
  name: 'list-snapshots',
  text: `
    select ${columns}
    from snapshot
    join unnest($1::integer[], $2::bigint[]) as stretch (kept_by, last_version)
      on snapshot.timeline_id = stretch.kept_by
    join timeline on timeline.timeline_id = snapshot.timeline_id and timeline.rebuilds <= snapshot.rebuilds
    where stretch.last_version is null or version <= stretch.last_version
    order by version desc, taken_at_ms desc`,
};

/** $1 timeline  $2 version  $3 format  $4 reducer */
export const findSnapshot: Statement = {
  name: 'find-snapshot',
  text: `
    select ${columns}
    from snapshot
    where timeline_id = $1::integer and version = $2::bigint and format = $3::integer and reducer = $4::text`,
};

/** The client takes nothing but text, and base64 is the shortest. $1 timeline  $2 version  $3 format  $4 reducer */
export const readSnapshotBytes: Statement = {
  name: 'read-snapshot-bytes',
  text: `
    select encode(bytes, 'base64')
    from snapshot
    where timeline_id = $1::integer and version = $2::bigint and format = $3::integer and reducer = $4::text`,
};
