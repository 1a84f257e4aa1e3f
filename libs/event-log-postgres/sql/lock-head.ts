/** Begins a transaction and takes the head row's lock in one round trip, so the number is written into the text. */
export const lockHead = (timelineId: number): string => `
  begin;
  select head_version, encode(head_hash, 'hex'), (extract(epoch from clock_timestamp()) * 1000)::bigint
  from timeline
  where timeline_id = ${Math.trunc(timelineId)} and status = 'open'
  for no key update`;
