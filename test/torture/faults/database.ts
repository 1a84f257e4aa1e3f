import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import { onDatabase, type Arena } from '../arena.js';
import { Broken, fault } from './fault.js';

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
  fault({
    name: 'read-only-database',
    row: 2,
    everySeconds: 90,
    strike: makeReadOnly,
  }),
];

/** Far more than the second in which a process asks, for a machine that is busy. */
const noticedWithinMs = 10_000;
const writableWithinMs = 60_000;

/** The database takes no changes for some seconds: whoever balances the load has to see it, and all goes on afterwards. */
async function makeReadOnly(arena: Arena): Promise<boolean> {
  if (!(await setReadOnly(arena, true).catch(() => false))) return false;
  try {
    const until = performance.now() + noticedWithinMs;
    while (await isReadyForWrites(arena)) {
      if (performance.now() > until) throw new Broken('a server is ready though its database takes no changes');
      await sleep(100);
    }
    await sleep(1_000 + arena.roll(4_000));
  } finally {
    const until = performance.now() + writableWithinMs;
    while (!(await setReadOnly(arena, false).catch(() => false)) && performance.now() < until) await sleep(100);
  }
  return true;
}

/** Sessions that are open go on as they are, so they are ended. */
async function setReadOnly({ postgres, databaseUrl }: Arena, readOnly: boolean): Promise<boolean> {
  const name = new URL(databaseUrl).pathname.slice(1);
  const change = readOnly ? 'set default_transaction_read_only = on' : 'reset default_transaction_read_only';
  await onDatabase(postgres.url, `alter database ${name} ${change}`);
  await onDatabase(postgres.url, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
  return true;
}

/** Asks the process that nobody kills; one that does not answer is as good as not ready. */
async function isReadyForWrites({ members, connection }: Arena): Promise<boolean> {
  const url = `${members[0]?.url ?? ''}/health/ready`;
  return connection.send(url, { method: 'GET' }).then(
    ({ status }) => status === 200,
    () => false,
  );
}

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
