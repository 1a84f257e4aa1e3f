-- Running writers may stay: everything here is new.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- One row an access key. The key itself is nowhere: `hmac` is HMAC-SHA-256 of its text with the server's secret. `principal`
-- is the id of the first key of a row of rotations, so that whoever holds the latest is still the same actor. An admin is
-- never limited to some timelines: it could make itself a key without the limit.
create table access_key (
  key_id text collate "C" primary key,
  principal text collate "C" not null,
  name text not null,
  role text not null check (role in ('reader', 'agent', 'operator', 'admin')),
  agent_id text collate "C",
  timelines text[],
  hmac bytea not null check (octet_length(hmac) = 32),
  created_at_ms bigint not null,
  created_by text not null,
  expires_at_ms bigint,
  revoked_at_ms bigint,
  replaced_by text collate "C",
  check ((role = 'agent') = (agent_id is not null)),
  check (role <> 'admin' or timelines is null)
);

create index access_key_newest on access_key (created_at_ms, key_id);

-- What every process reads each second: hardly ever more than a few rows.
create index access_key_not_revoked on access_key (key_id) where revoked_at_ms is null;

-- What was asked for, written before it is done; what became of it follows as a row of its own, because no row here is
-- ever changed. A record without an outcome is of an action that was cut off.
create table audit_record (
  audit_id bigint generated always as identity primary key,
  at_ms bigint not null,
  who text not null,
  key_id text,
  action text not null,
  target text,
  timeline text,
  reason text,
  trace_id text
);

create table audit_outcome (
  audit_id bigint primary key references audit_record (audit_id),
  at_ms bigint not null,
  outcome text not null
);

create trigger audit_record_is_never_edited before update or delete or truncate on audit_record
for each statement execute function refuse_editing_the_past();

create trigger audit_outcome_is_never_edited before update or delete or truncate on audit_outcome
for each statement execute function refuse_editing_the_past();

do $$
begin
  if exists (select from pg_roles where rolname = 'seed_writer') then
    grant select, insert on access_key, audit_record, audit_outcome to seed_writer;
    grant update (expires_at_ms, revoked_at_ms, replaced_by) on access_key to seed_writer;
  end if;
end
$$;
