-- Running writers may stay: columns and functions are new, and what they wrote reads as before.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- Which forks a timeline has, and whether it may be removed.
-- squawk-ignore require-concurrent-index-creation -- the table has one row a timeline
create index timeline_parent on timeline (parent_id) where parent_id is not null;

-- Whether nothing is left of a removed timeline but its row, and which ones still have something.
alter table timeline add column purged boolean not null default false;
-- squawk-ignore require-concurrent-index-creation -- the table has one row a timeline
create index timeline_to_purge on timeline (timeline_id) where status = 'removed' and not purged;

-- Raised by a rebuild: whoever has the timeline loaded takes the rebuilt state over.
alter table timeline add column rebuilds integer not null default 0;

-- The one way out of the log is a timeline that was removed: its rows may be deleted by the owner's function below.
create or replace function refuse_editing_the_past() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE'
    and current_setting('seed.purging', true) = 'on'
    and current_user = (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid)
  then
    return null;
  end if;
  raise exception 'the past is not edited: % of %', lower(tg_op), tg_table_name using errcode = 'insufficient_privilege';
end
$$;

-- Removes a timeline that no other stands on: 'removed', 'has-forks', or 'unknown'. Its row stays as a tombstone, so that
-- its name is never used again; its log, keys and snapshots go by `purge_removed_timelines`, which may take a while.
create function remove_timeline(doomed integer) returns text
language plpgsql security definer set search_path from current as $$
begin
  -- Conflicts with the key share lock of a fork that is being made, and with an append under way.
  perform from timeline where timeline_id = doomed and status = 'open' for update;
  if not found then
    return 'unknown';
  end if;
  if exists (select from timeline where parent_id = doomed and status = 'open') then
    return 'has-forks';
  end if;
  update timeline set status = 'removed' where timeline_id = doomed;
  delete from label where timeline_id = doomed;
  return 'removed';
end
$$;

-- Deletes some of what a removed timeline left: at most so many rows a table, and one snapshot, which may be a hundred
-- megabytes, so that each call is short. Returns how many; 0 when nothing is left but what another call is deleting.
create function purge_removed_timelines(rows_max integer) returns bigint
language plpgsql security definer set search_path from current as $$
declare
  removed integer;
  deleted bigint := 0;
begin
  perform set_config('seed.purging', 'on', true);
  loop
    -- Two calls at one timeline would wait for each other's rows, find none of them left, and think that it is done.
    select timeline_id into removed
    from timeline
    where status = 'removed' and not purged
    order by timeline_id
    limit 1
    for update skip locked;
    exit when not found;
    with
    gone_events as (
      delete from event
      where timeline_id = removed
        and version in (
          select version from event where timeline_id = removed order by version limit rows_max
        )
      returning version
    ),
    gone_commits as (
      delete from commit
      where timeline_id = removed
        and last_version in (
          select last_version from commit where timeline_id = removed order by last_version limit rows_max
        )
      returning last_version
    ),
    gone_keys as (
      delete from key
      where scope = removed
        and digest in (select digest from key where scope = removed order by digest limit rows_max)
      returning digest
    ),
    gone_snapshots as (
      delete from snapshot
      where timeline_id = removed
        and (version, format, reducer) in (
          select version, format, reducer
          from snapshot
          where timeline_id = removed
          order by version, format, reducer
          limit 1
        )
      returning version
    )
    select
      (select count(*) from gone_events) + (select count(*) from gone_commits) + (select count(*) from gone_keys)
      + (select count(*) from gone_snapshots)
    into deleted;
    exit when deleted > 0;
    update timeline set purged = true where timeline_id = removed;
  end loop;
  perform set_config('seed.purging', 'off', true);
  return deleted;
end
$$;

revoke execute on function remove_timeline(integer) from public;
revoke execute on function purge_removed_timelines(integer) from public;

do $$
begin
  if exists (select from pg_roles where rolname = 'seed_writer') then
    grant execute on function remove_timeline(integer) to seed_writer;
    grant execute on function purge_removed_timelines(integer) to seed_writer;
    grant update (rebuilds) on timeline to seed_writer;
  end if;
end
$$;
