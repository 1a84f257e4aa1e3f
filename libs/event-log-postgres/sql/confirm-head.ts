import type { Statement } from '../connections.js';

/** The head and the database's time. $1 timeline */
export const confirmHead: Statement = {
  name: 'confirm-head',
  text: `
    select head_version, encode(head_hash, 'hex'), (extract(epoch from clock_timestamp()) * 1000)::bigint
    from timeline
    where timeline_id = $1::integer and status = 'open'`,
};

/** The same with the burnt ones among the keys asked for, a row a key, or one row without. $1 timeline  $2 digests */
export const confirmHeadAndKeys: Statement = {
  name: 'confirm-head-and-keys',
  text: `
    select
      timeline.head_version, encode(timeline.head_hash, 'hex'),
      (extract(epoch from clock_timestamp()) * 1000)::bigint,
      key.digest, key.request_hash, key.first_version, key.event_count, key.reply
    from timeline
    left join key on key.scope = timeline.timeline_id and key.digest = any ($2::uuid[])
    where timeline.timeline_id = $1::integer and timeline.status = 'open'`,
};

/**
 * The same for a fork: an ancestor's key counts up to the version where the ancestry leaves it, and a nearer one last.
 * $1 timeline  $2 digests  $3 the timelines of the ancestry, oldest first  $4 their last versions, null for the last
 */
export const confirmHeadAndKeysOfAncestry: Statement = {
  name: 'confirm-head-and-keys-of-ancestry',
  text: `
    select
      timeline.head_version, encode(timeline.head_hash, 'hex'),
      (extract(epoch from clock_timestamp()) * 1000)::bigint,
      burnt.digest, burnt.request_hash, burnt.first_version, burnt.event_count, burnt.reply
    from timeline
    left join lateral (
      select key.digest, key.request_hash, key.first_version, key.event_count, key.reply, stretch.number
      from unnest($3::integer[], $4::bigint[]) with ordinality as stretch (scope, last_version, number)
      join key on key.scope = stretch.scope and key.digest = any ($2::uuid[])
      where stretch.last_version is null or key.first_version + key.event_count - 1 <= stretch.last_version
    ) as burnt on true
    where timeline.timeline_id = $1::integer and timeline.status = 'open'
    order by burnt.number`,
};
