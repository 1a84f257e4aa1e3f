import type { Statement } from '../connections.js';

/** Commits in order, up to the one that holds a version. $1 timeline  $2 after last version  $3 to version  $4 limit */
export const readCommits: Statement = {
  name: 'read-commits',
  text: `
    select first_version, last_version, encode(hash, 'hex'), recorded_at_ms, writer, data_bytes
    from commit
    where timeline_id = $1::integer and last_version > $2::bigint
      and last_version <= coalesce((
        select last_version
        from commit
        where timeline_id = $1::integer and last_version >= $3::bigint
        order by last_version
        limit 1
      ), $3::bigint)
    order by last_version
    limit $4::integer`,
};

/** The commit that ends at a version or after it, which holds it unless there is a gap. $1 timeline  $2 version */
export const findCommit: Statement = {
  name: 'find-commit',
  text: `
    select first_version, last_version, encode(hash, 'hex'), recorded_at_ms, writer
    from commit
    where timeline_id = $1::integer and last_version >= $2::bigint
    order by last_version
    limit 1`,
};

/** The versions of the command that caused an event; a command's events stand together. $1 timeline  $2 version */
export const findCommand: Statement = {
  name: 'find-command',
  text: `
    select min(other.version), max(other.version)
    from event as this
    join lateral (
      select first_version, last_version
      from commit
      where timeline_id = $1::integer and last_version >= $2::bigint
      order by last_version
      limit 1
    ) as holding on true
    join event as other
      on other.timeline_id = $1::integer
      and other.version between holding.first_version and holding.last_version
      and other.command_id = this.command_id
    where this.timeline_id = $1::integer and this.version = $2::bigint`,
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
