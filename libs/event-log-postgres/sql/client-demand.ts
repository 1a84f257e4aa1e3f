import type { Statement } from '../connections.js';
import { nowMs } from './database-time.js';

/**
 * Puts down what a process was asked for, and gives what others were in the last three seconds. What is a minute old is of a
 * process or a client that is gone. $1 process  $2 clients  $3 requests of each
 */
export const shareDemand: Statement = {
  name: 'share-demand',
  text: `
    with
      mine as (
        insert into client_demand (client, process, wanted, at_ms)
        select line.client, $1::uuid, line.wanted, ${nowMs}
        from unnest($2::text[], $3::integer[]) as line (client, wanted)
        on conflict (client, process) do update set wanted = excluded.wanted, at_ms = excluded.at_ms
      ),
      gone as (
        delete from client_demand where process <> $1::uuid and at_ms < ${nowMs} - 60000
      )
    select client, sum(wanted)
    from client_demand
    where client = any($2::text[]) and process <> $1::uuid and at_ms > ${nowMs} - 3000
    group by client`,
};
