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
