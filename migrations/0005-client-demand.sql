-- Running writers may stay: everything here is new.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- What each process was asked for by each client in its last second, so that together they keep a limit. Nothing is lost
-- with it, so it is not logged.
create unlogged table client_demand (
  client text collate "C" not null,
  process uuid not null,
  wanted integer not null check (wanted >= 0),
  at_ms bigint not null,
  primary key (client, process)
);

do $$
begin
  if exists (select from pg_roles where rolname = 'seed_writer') then
    grant select, insert, update, delete on client_demand to seed_writer;
  end if;
end
$$;
