-- Running writers may stay: everything here is new.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- One row a timeline. Every append updates head_version and head_hash here, so the rows leave room on their page for
-- heap-only updates, and no index covers a column that changes.
create table timeline (
  timeline_id integer generated always as identity primary key,
  parent_id integer references timeline (timeline_id),
  fork_version bigint,
  head_version bigint not null check (head_version >= 0),
  created_at_ms bigint not null,
  genesis_hash bytea not null check (octet_length(genesis_hash) = 32),
  head_hash bytea not null check (octet_length(head_hash) = 32),
  -- 'open' takes appends; 'removed' is the tombstone that keeps the name from being used again.
  status text not null default 'open' check (status in ('open', 'removed')),
  name text collate "C" not null constraint timeline_name_taken unique,
  check ((parent_id is null) = (fork_version is null))
) with (
  fillfactor = 20,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_scale_factor = 0
);

-- The columns stand in this order because it wastes no byte on alignment. `data` is json, not jsonb: the chain covers
-- its exact text. No foreign key to timeline: checking it would cost every event a lock on the busiest row there is,
-- and the append takes the timeline_id from that row anyway. The indexes only ever grow at the end of a timeline, so
-- their pages are filled to the brim.
create table event (
  version bigint not null,
  at_ms bigint not null,
  command_id uuid not null,
  timeline_id integer not null,
  link integer not null,
  schema_version smallint not null,
  type text not null,
  actor text not null,
  data json not null,
  constraint event_pkey primary key (timeline_id, version) with (fillfactor = 100)
);

-- Lists of payouts read the few events that touch yield out of a log that is mostly something else.
create index event_touching_yield on event (timeline_id, version)
where type in (
  'TimelineCreated', 'YieldDistributed', 'ApyChanged', 'StakeAdded', 'StakeWithdrawn', 'LegacyEconomyImported',
  'LegacyStakeImported'
);

-- `data_bytes`, the bytes of its events' data, tells a reader how much it may ask for at once.
create table commit (
  last_version bigint not null,
  first_version bigint not null,
  recorded_at_ms bigint not null,
  timeline_id integer not null,
  data_bytes integer not null,
  hash bytea not null check (octet_length(hash) = 32),
  writer text not null,
  constraint commit_pkey primary key (timeline_id, last_version) with (fillfactor = 100),
  check (first_version between 1 and last_version)
);

-- An idempotency key that was burnt. `scope` is the timeline, 0 for the server; `event_count` instead of the last
-- version because eight bytes less bring a row under a boundary of alignment.
create table key (
  first_version bigint not null,
  scope integer not null,
  event_count integer not null check (event_count >= 0),
  digest uuid not null,
  request_hash uuid not null,
  reply text,
  constraint key_taken primary key (scope, digest)
);

create table label (
  version bigint not null,
  timeline_id integer not null references timeline (timeline_id),
  label text collate "C" not null,
  primary key (timeline_id, label)
);

create table snapshot (
  version bigint not null,
  taken_at_ms bigint not null,
  timeline_id integer not null references timeline (timeline_id),
  format integer not null,
  reducer text collate "C" not null,
  codec text not null,
  chain_hash bytea not null,
  sha256 bytea not null,
  state_hash bytea not null,
  bytes bytea not null,
  primary key (timeline_id, version, format, reducer)
);

-- The bytes are compressed before they come here.
alter table snapshot alter column bytes set storage external;

create function refuse_editing_the_past() returns trigger language plpgsql as $$
begin
  raise exception 'the past is not edited: % of %', lower(tg_op), tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger event_is_never_edited before update or delete or truncate on event
for each statement execute function refuse_editing_the_past();

create trigger commit_is_never_edited before update or delete or truncate on commit
for each statement execute function refuse_editing_the_past();

-- Serving connections take this role. Roles belong to the whole server, so another database's migration may be making
-- it at the same moment; and where the owner may not make roles at all, the triggers above hold alone.
do $$
begin
  if not exists (select from pg_roles where rolname = 'seed_writer') then
    begin
      create role seed_writer nologin;
    exception
      when insufficient_privilege or duplicate_object or unique_violation then null;
    end;
  end if;
  if not exists (select from pg_roles where rolname = 'seed_writer') then
    return;
  end if;
  execute format('grant usage on schema %I to seed_writer', current_schema());
  grant select, insert on timeline, event, commit, key, label, snapshot to seed_writer;
  grant update (head_version, head_hash) on timeline to seed_writer;
  grant update, delete on snapshot to seed_writer;
  if not pg_has_role(current_user, 'seed_writer', 'MEMBER') then
    begin
      grant seed_writer to current_user;
    exception
      when insufficient_privilege or unique_violation then null;
    end;
  end if;
end
$$;
