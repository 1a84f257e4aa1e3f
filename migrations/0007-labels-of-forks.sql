-- Running writers may stay: the column has a default, with which a label is seen by all forks, as it was.

set local lock_timeout = '10s';
set local statement_timeout = '60s';

-- The newest timeline there was when the label was put: a fork that is not newer was made before, and does not see it.
alter table label add column newest_timeline integer not null default 0;
