import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import { onDatabase, type Arena } from '../arena.js';
import { fault } from './fault.js';

export const databaseFaults = [
  fault({
    name: 'kill-postgres',
    row: 2,
    everySeconds: 50,
    strike: (arena) => Promise.resolve(signalPostgres(arena, 'SIGKILL')),
  }),
  fault({
    name: 'stop-postgres-at-once',
    row: 2,
    everySeconds: 50,
    strike: (arena) => Promise.resolve(signalPostgres(arena, 'SIGQUIT')),
  }),
  fault({
    name: 'kill-backend',
    row: 2,
    everySeconds: 60,
    strike: killBackend,
  }),
  fault({
    name: 'freeze-postgres',
    row: 2,
    everySeconds: 120,
    async strike(arena) {
      const frozen = signalPostgres(arena, 'SIGSTOP');
      await sleep(1_000 + arena.roll(6_000));
      signalPostgres(arena, 'SIGCONT');
      return frozen;
    },
  }),
];

function signalPostgres({ postgres }: Arena, signal: NodeJS.Signals): boolean {
  const pid = postgres.pid();
  if (pid === undefined) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** One server process of PostgreSQL is killed; the others then end too, and it recovers. */
async function killBackend({ databaseUrl, roll }: Arena): Promise<boolean> {
  const backends = await onDatabase<{ pid: number }>(
    databaseUrl,
    "select pid from pg_stat_activity where application_name like 'seed api %'",
  ).catch(() => []);
  if (backends.length === 0) return false;
  try {
    process.kill(pick(roll, backends).pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
