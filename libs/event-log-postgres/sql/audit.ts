import type { Statement } from '../connections.js';
import { nowMs } from './database-time.js';

/** $1 who  $2 key  $3 action  $4 target  $5 timeline  $6 reason  $7 trace */
export const recordAction: Statement = {
  name: 'record-action',
  text: `
    insert into audit_record (at_ms, who, key_id, action, target, timeline, reason, trace_id)
    values (${nowMs}, $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)
    returning audit_id`,
};

/** The first outcome stays. $1 record  $2 outcome */
export const recordOutcome: Statement = {
  name: 'record-outcome',
  text: `
    insert into audit_outcome (audit_id, at_ms, outcome)
    values ($1::bigint, ${nowMs}, $2::text)
    on conflict (audit_id) do nothing`,
};

/** Newest first. $1 below this record  $2 limit */
export const listActions: Statement = {
  name: 'list-actions',
  text: `
    select
      audit_id, audit_record.at_ms, who, key_id, action, target, timeline, reason, trace_id, outcome, audit_outcome.at_ms
    from audit_record
    left join audit_outcome using (audit_id)
    where audit_id < coalesce($1::bigint, 9223372036854775807)
    order by audit_id desc
    limit $2::integer`,
};
