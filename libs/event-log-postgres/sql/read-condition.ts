/**
 * As the login itself: the role that writes does not see which standbys there are. A database or a login may have been made
 * read-only for connections that are opened later; the most particular setting counts.
 */
export const readCondition = `
  begin;
  set local role none;
  select
    current_setting('transaction_read_only')::boolean
    or (
      (select source <> 'client' from pg_settings where name = 'default_transaction_read_only')
      and coalesce((
        select split_part(setting, '=', 2)::boolean
        from pg_db_role_setting, unnest(setconfig) as setting
        where split_part(setting, '=', 1) = 'default_transaction_read_only'
          and setdatabase in (0, (select oid from pg_database where datname = current_database()))
          and setrole in (0, session_user::regrole)
        order by setrole <> 0 desc, setdatabase <> 0 desc
        limit 1
      ), false)
    ),
    current_setting('synchronous_standby_names') <> '',
    (select count(*) from pg_stat_replication where sync_state in ('sync', 'quorum')),
    (select count(*) from pg_stat_replication where sync_state is null);
  commit`;
