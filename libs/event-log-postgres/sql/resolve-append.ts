/**
 * Ends a lost connection's server process and waits until it is gone; no row means that it is gone already.
 * $1 process  $2 when it started  $3 how long to wait, ms
 */
export const endBackend = `
  select pg_terminate_backend(pid, $3::bigint)
  from pg_stat_activity
  where pid = $1::integer and (extract(epoch from backend_start) * 1000000)::bigint = $2::bigint`;

/** $1 timeline */
export const lockHeadToResolve = `
  select head_version, encode(head_hash, 'hex'), (extract(epoch from clock_timestamp()) * 1000)::bigint
  from timeline
  where timeline_id = $1::integer
  for no key update`;

/** The hash covers everything that an append wrote, so only that very append can have left it. $1 timeline  $2 last version */
export const findCommitHash = `
  select encode(hash, 'hex')
  from commit
  where timeline_id = $1::integer and last_version = $2::bigint`;

/** $1 timeline  $2 digests */
export const findBurntKeys = `
  select digest, request_hash, first_version, event_count, reply
  from key
  where scope = $1::integer and digest = any ($2::uuid[])`;

/** $1 name  $2 head hash */
export const lockCreatedTimeline = `
  select timeline_id
  from timeline
  where name = $1::text and head_hash = $2::bytea
  for no key update`;
