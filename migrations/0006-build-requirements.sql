-- Running writers may stay: everything here is new.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- Which builds may serve although they do not know a migration: those whose level, which is how many migrations a build
-- knows, is at least that. One that is not named here allows no build that does not know it.
create table build_requirement (
  migration text collate "C" primary key,
  least_level integer not null check (least_level > 0)
);
