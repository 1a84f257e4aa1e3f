import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import { pick } from '../../dice.js';
import { startServer } from '../../server.js';
import { takeBack } from '../../take-back.js';
import { onDatabase, type Arena } from '../arena.js';
import { expectStatus, ownTimeline, persist } from '../asking.js';
import { Broken, fault } from './fault.js';

/** What is stored is not what it was: snapshots, history, the schema half made. */
export const storedFaults = [
  fault({
    name: 'kill-migration',
    row: 1,
    everySeconds: 240,
    strike: killMigration,
  }),
  fault({
    name: 'history-taken-back',
    row: 5,
    everySeconds: 120,
    strike: historyTakenBack,
  }),
  fault({
    name: 'damage-snapshots',
    row: 8,
    everySeconds: 30,
    strike: damageSnapshots,
  }),
  fault({
    name: 'unknown-event',
    row: 9,
    everySeconds: 150,
    strike: unknownEvent,
  }),
];

/** An older snapshot, or one of another timeline. */
const ANOTHER = `from snapshot other where (other.timeline_id, other.version) <> (snapshot.timeline_id, snapshot.version)
  order by random() limit 1`;

const DAMAGES = [
  `bytes = (select bytes ${ANOTHER})`,
  `(bytes, sha256) = (select bytes, sha256 ${ANOTHER})`,
  'bytes = set_byte(bytes, length(bytes) / 2, (get_byte(bytes, length(bytes) / 2) + 1) % 256)',
  'bytes = substring(bytes for length(bytes) / 2)',
  'state_hash = sha256(state_hash)',
  'chain_hash = sha256(chain_hash)',
  'version = version + 1000000',
  "bytes = '', sha256 = sha256('')",
] as const;

/** A process has started and loaded all timelines long before. */
const MEETING_MS = 20_000;

let damages = 0;

/**
 * A process is killed, and the snapshots of all timelines stay wrong, each in another way, until it has started again and come
 * upon them: it has to say so, and to fold the logs without them.
 */
async function damageSnapshots(arena: Arena): Promise<boolean> {
  const { roll, databaseUrl, connection, timelines } = arena;
  const member = pick(roll, arena.members.slice(1));
  const life = member.starts + 1;
  if (!member.kill()) return false;
  const wrong = new Map(timelines.map((timeline) => [timeline, DAMAGES[damages++ % DAMAGES.length] ?? DAMAGES[0]]));
  const met = new Set<string>();
  const until = performance.now() + MEETING_MS;
  while (met.size < wrong.size && performance.now() < until && member.starts <= life) {
    for (const [timeline, damage] of wrong) {
      await onDatabase(
        databaseUrl,
        `update snapshot set ${damage} from timeline where timeline.timeline_id = snapshot.timeline_id and name = '${timeline}'`,
      ).catch(() => []);
      if (member.starts < life) continue;
      await connection.send(`${member.url}/v1/timelines/${timeline}`, { method: 'GET' }).catch(() => null);
      if (member.said(`A snapshot of ${timeline} was passed over`)) met.add(timeline);
    }
    await sleep(20);
  }
  return met.size > 0;
}

async function withLog<Result>({ databaseUrl: url }: Arena, work: (log: EventLog) => Promise<Result>): Promise<Result> {
  const log = await openPostgresLog({ url, poolMax: 1, applicationName: 'torture', appendTimeoutMs: 10_000 });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

/** Until the database can be asked. */
async function whenever<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let i = 0; ; i += 1) {
    try {
      return await work();
    } catch (error) {
      if (i === 100) throw error;
      await sleep(300);
    }
  }
}

/** A restore puts the log back under processes that know more: they notice, and go on from what there is. */
async function historyTakenBack(arena: Arena): Promise<boolean> {
  const timeline = await ownTimeline(arena, 4);
  const state = `/v1/timelines/${timeline}/state`;
  for (const { url } of arena.members) await persist(arena, { method: 'GET', path: state }, url);
  await whenever(() =>
    withLog(arena, async (log) => {
      const record = await log.findTimeline(timeline);
      if (record === undefined) throw new Broken(`timeline ${timeline} is gone`);
      await onDatabase(arena.databaseUrl, takeBack(record.timelineId, 5));
    }),
  );
  const path = `/v1/timelines/${timeline}/agents/ann/deposits`;
  const key = `${timeline} after`;
  const reply = expectStatus(await persist(arena, { method: 'POST', path, body: { amount: '7' }, key }), [200], path);
  if (reply.version !== 6) throw new Broken(`after it was taken back to version 5 a command made ${reply.body}`);
  const seen = new Set<string>();
  for (const { url } of arena.members) {
    const shown = await persist(arena, { method: 'GET', path: `${state}?minVersion=6` }, url);
    seen.add(shown.body);
  }
  if (seen.size > 1) throw new Broken(`processes differ after history was taken back: ${[...seen].join(' | ')}`);
  return true;
}

/** A newer build wrote to a timeline: it stops, with its position, and the others go on. */
async function unknownEvent(arena: Arena): Promise<boolean> {
  const timeline = await ownTimeline(arena, 1);
  await whenever(() =>
    withLog(arena, async (log) => {
      const record = await log.findTimeline(timeline);
      if (record === undefined) throw new Broken(`timeline ${timeline} is gone`);
      const { timelineId, head, last } = record;
      // The outcome of an earlier try may have been lost.
      if (last.type === 'MoonLanded') return;
      const event = { type: 'MoonLanded', schemaVersion: 1, atMs: last.atMs, commandId: randomUUID() };
      const events = [{ ...event, actor: 'newer', data: '{}' }];
      await log.append({ timelineId, expected: head, events, keys: [], recordedAtMs: 0, writer: 'newer' });
    }),
  );
  for (const { url } of arena.members) {
    const path = `/v1/timelines/${timeline}/agents`;
    const stopped = await persist(arena, { method: 'GET', path }, url);
    if (stopped.status !== 503) throw new Broken(`an event of an unknown type was read over: ${stopped.body}`);
    const others = await persist(
      arena,
      { method: 'GET', path: `/v1/timelines/${pick(arena.roll, arena.timelines)}` },
      url,
    );
    expectStatus(others, [200], 'another timeline');
  }
  return true;
}

let databases = 0;

/** A server is killed while it migrates an empty database, several times over; the next one finishes. */
async function killMigration(arena: Arena): Promise<boolean> {
  const name = `migrated_${(databases += 1)}`;
  const url = new URL(arena.postgres.url);
  url.pathname = `/${name}`;
  await whenever(() => onDatabase(arena.postgres.url, `create database ${name}`).catch(ifItIsThere));
  for (let i = 0; i < 4; i += 1) {
    const server = await startServer({ databaseUrl: url.href });
    await sleep(arena.roll(1_200));
    server.kill('SIGKILL');
    await server.exited;
  }
  const last = await startServer({ databaseUrl: url.href });
  await whenever(() => last.ready());
  const path = `${last.url}/v1/timelines/REALITY`;
  const master = await arena.connection.send(path, { method: 'GET' }).catch(() => null);
  last.kill('SIGKILL');
  await last.exited;
  if (master !== null && master.status !== 200 && master.status !== 503) {
    throw new Broken(`after migrations that were killed the master timeline is answered ${master.body}`);
  }
  await whenever(() => onDatabase(arena.postgres.url, `drop database if exists ${name} with (force)`));
  return true;
}

function ifItIsThere(error: unknown): readonly never[] {
  if (error instanceof Error && 'code' in error && error.code === '42P04') return [];
  throw error;
}
