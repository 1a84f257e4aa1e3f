import type { Statement } from '../connections.js';

/**
 * Commits in order. $1 timeline  $2 after last version  $3 to last version  $4 limit
 */
export const readCommits: Statement = {
  name: 'read-commits',
  text: `
    select first_version, last_version, encode(hash, 'hex'), recorded_at_ms, writer, data_bytes
    from commit
    where timeline_id = $1::integer and last_version > $2::bigint and last_version <= $3::bigint
    order by last_version
    limit $4::integer`,
};

/** $1 timeline  $2 last version */
export const findCommit: Statement = {
  name: 'find-commit',
  text: `
    select first_version, last_version, encode(hash, 'hex'), recorded_at_ms, writer
    from commit
    where timeline_id = $1::integer and last_version = $2::bigint`,
};

/** For each version the commit that holds it. $1 timeline  $2 versions */
export const readRecordedAt: Statement = {
  name: 'read-recorded-at',
  text: `
    select asked.version, holding.recorded_at_ms
    from unnest($2::bigint[]) as asked (version)
    cross join lateral (
      select first_version, recorded_at_ms
      from commit
      where timeline_id = $1::integer and last_version >= asked.version
      order by last_version
      limit 1
    ) as holding
    where holding.first_version <= asked.version`,
};
