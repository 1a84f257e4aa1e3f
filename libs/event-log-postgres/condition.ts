import type pg from 'pg';
import type { LogCondition } from '#event-log';
import { integer, textOrNull } from './cells.js';
import { unparsed } from './connections.js';
import type { Connections } from './connections.js';
import { readCondition as readConditionText } from './sql/read-condition.js';

/** Several statements in one text give a result each. */
export function readCondition(connections: Connections): Promise<LogCondition> {
  return connections.use(async (session) => {
    const query = { text: readConditionText, rowMode: 'array', types: unparsed } as const;
    const results: unknown = await session.client.query<(string | null)[]>(query);
    const [, , found] = results as readonly pg.QueryArrayResult<(string | null)[]>[];
    const [row] = found?.rows ?? [];
    if (row === undefined) throw new Error('the server does not tell how it is');
    const standbys = integer(row, 2);
    return {
      isReadOnly: textOrNull(row, 0) === 't',
      demandsStandby: textOrNull(row, 1) === 't',
      // A login that may not see how standbys are sees that there are some.
      synchronousStandbys: standbys === 0 && integer(row, 3) > 0 ? null : standbys,
    };
  }, 'cannot read the condition of the database');
}
