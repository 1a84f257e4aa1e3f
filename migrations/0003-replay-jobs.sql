-- Running writers may stay: tables and columns are new, and snapshots that they take count as before until a rebuild.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- Jobs that replay a timeline. `lease_until_ms` is the database's time up to which the owner holds the job; every write of
-- an owner names `owner` and `attempts`, so that one who lost it finds no row. The texts are JSON that no query looks into.
create table replay (
  replay_id uuid primary key,
  timeline_id integer not null references timeline (timeline_id),
  mode text not null check (mode in ('verify', 'rebuild')),
  status text not null default 'running' check (status in ('running', 'completed', 'failed', 'cancelled')),
  to_version bigint,
  owner text,
  attempts integer not null default 0,
  lease_until_ms bigint not null default 0,
  created_at_ms bigint not null,
  finished_at_ms bigint,
  version bigint not null default 0,
  of_version bigint,
  events_per_second bigint not null default 0,
  state_hash bytea,
  matches boolean,
  first_difference text,
  failure text,
  check ((status = 'running') = (finished_at_ms is null))
);

create index replay_newest on replay (created_at_ms, replay_id);

-- What a process that looks for work reads: hardly ever more than a few rows.
create index replay_unfinished on replay (created_at_ms, replay_id) where status = 'running';

-- How often the timeline had been rebuilt when the state was loaded that the snapshot was taken of. One below the
-- timeline's own does not count: a process that still had the old state may have taken it.
alter table snapshot add column rebuilds integer not null default 0;

do $$
begin
  if exists (select from pg_roles where rolname = 'seed_writer') then
    grant select, insert, update, delete on replay to seed_writer;
  end if;
end
$$;
