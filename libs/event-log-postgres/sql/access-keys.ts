import type { Statement } from '../connections.js';
import { nowMs } from './database-time.js';

const columns = `
  key_id, principal, name, role, agent_id, array_to_json(timelines), encode(hmac, 'hex'), created_at_ms, created_by,
  expires_at_ms, revoked_at_ms, replaced_by`;

const inForce = `revoked_at_ms is null and (expires_at_ms is null or expires_at_ms > ${nowMs})`;

/** The database's time stands behind each row, and alone in a row of nulls where there is none. */
export const keysInForce: Statement = {
  name: 'access-keys-in-force',
  text: `
    select ${columns}, clock.now_ms
    from (select ${nowMs} as now_ms) as clock
    left join access_key on revoked_at_ms is null and (expires_at_ms is null or expires_at_ms > clock.now_ms)`,
};

/** Newest first. $1 created at and $2 key to go on behind, or null  $3 limit */
export const listAccessKeys: Statement = {
  name: 'list-access-keys',
  text: `
    select ${columns}
    from access_key
    where $1::bigint is null or (created_at_ms, key_id) < ($1::bigint, $2::text)
    order by created_at_ms desc, key_id desc
    limit $3::integer`,
};

/** $1 key */
export const findAccessKey: Statement = {
  name: 'find-access-key',
  text: `select ${columns} from access_key where key_id = $1::text`,
};

/** Held to the end of the transaction: two that are made at once must not both take the last place. */
export const lockAccessKeys: Statement = {
  name: 'lock-access-keys',
  text: 'select pg_advisory_xact_lock(7307366448124959)',
};

/**
 * Gives no row where as many as $10 are in force. $1 key  $2 principal  $3 name  $4 role  $5 agent  $6 timelines  $7 hmac
 * $8 created by  $9 expires at
 */
export const createAccessKey: Statement = {
  name: 'create-access-key',
  text: `
    insert into access_key (
      key_id, principal, name, role, agent_id, timelines, hmac, created_at_ms, created_by, expires_at_ms
    )
    select
      $1::text, $2::text, $3::text, $4::text, $5::text, $6::text[], $7::bytea, ${nowMs}, $8::text, $9::bigint
    where (select count(*) from access_key where ${inForce}) < $10::integer
    returning key_id`,
};

/** One that is revoked already stays as it is. $1 key */
export const revokeAccessKey: Statement = {
  name: 'revoke-access-key',
  text: `update access_key set revoked_at_ms = ${nowMs} where key_id = $1::text and revoked_at_ms is null`,
};

/** Gives no row where the key is not in force or was rotated. $1 key  $2 its successor  $3 grace, ms  $4 hmac  $5 by  $6 expires */
export const rotateAccessKey: Statement = {
  name: 'rotate-access-key',
  text: `
    with rotated as (
      update access_key
      set replaced_by = $2::text, expires_at_ms = least(expires_at_ms, ${nowMs} + $3::bigint)
      where key_id = $1::text and replaced_by is null and ${inForce}
      returning principal, name, role, agent_id, timelines
    )
    insert into access_key (
      key_id, principal, name, role, agent_id, timelines, hmac, created_at_ms, created_by, expires_at_ms
    )
    select $2::text, principal, name, role, agent_id, timelines, $4::bytea, ${nowMs}, $5::text, $6::bigint
    from rotated
    returning key_id`,
};
