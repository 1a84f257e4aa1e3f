import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import type { Arena } from '../arena.js';
import type { Member } from '../fleet.js';
import { expectStatus, ownTimeline, persist } from '../asking.js';
import { Broken, expectSound, fault, type ReplayShown } from './fault.js';

/** All but the first, which lives as long as the run does. */
const killable = ({ members, roll }: Arena): Member => pick(roll, members.slice(1));

const HOUR_MS = 3_600_000;

export const processFaults = [
  fault({
    name: 'kill-api',
    row: 1,
    everySeconds: 18,
    strike: (arena) => Promise.resolve(killable(arena).kill()),
  }),
  fault({
    name: 'kill-api-after-append',
    row: 1,
    everySeconds: 25,
    strike: (arena) => killable(arena).cutAtAppend(10_000, { bytesLetThrough: 0, kills: true }),
  }),
  fault({
    name: 'kill-api-in-snapshot',
    row: 1,
    everySeconds: 60,
    strike: (arena) => killable(arena).killAtSnapshot(20_000),
  }),
  fault({
    name: 'kill-api-in-replay',
    row: 1,
    everySeconds: 90,
    strike: killInReplay,
  }),
  fault({
    name: 'pause-api',
    row: 5,
    everySeconds: 90,
    async strike(arena) {
      const member = pick(arena.roll, arena.members);
      const { pid } = member;
      const stopped = member.signal('SIGSTOP');
      await sleep(2_000 + arena.roll(28_000));
      member.signal('SIGCONT');
      return stopped && member.pid === pid;
    },
  }),
  fault({
    name: 'wrong-clock',
    row: 7,
    everySeconds: 90,
    strike: wrongClock,
  }),
];

/** A process whose clock is off must write nothing: it refuses until it is started with a right one. */
async function wrongClock(arena: Arena): Promise<boolean> {
  const member = killable(arena);
  const offsetMs = pick(arena.roll, [-HOUR_MS, HOUR_MS, 10 * 365 * 24 * HOUR_MS]);
  // Of its own: another fault may start the process anew, with a right clock, while it is asked.
  const timeline = await ownTimeline(arena, 0);
  if (!member.killInto({ CLOCK_OFFSET_MS: String(offsetMs) })) return false;
  const life = member.starts + 1;
  let refusals = 0;
  for (let i = 0; i < 200 && refusals < 5; i += 1) {
    await sleep(100);
    const url = `${member.url}/v1/timelines/${timeline}/documents/clock`;
    const reply = await arena.connection.send(url, { method: 'PUT', body: '{}' }).catch(() => null);
    if (member.starts > life) break;
    if (reply === null || member.starts < life) continue;
    if (reply.status < 500) throw new Broken(`with its clock ${offsetMs} ms off a server answered ${reply.status}`);
    if (reply.body.includes('"code":"clock-disagreement"')) refusals += 1;
  }
  member.kill();
  return refusals > 0;
}

/** The process that works on a replay is killed; another takes the replay over and finishes it. */
async function killInReplay(arena: Arena): Promise<boolean> {
  const member = killable(arena);
  const timeline = pick(arena.roll, arena.timelines);
  const mode = pick(arena.roll, ['verify', 'rebuild']);
  const question = { method: 'POST', path: '/v1/admin/replays', body: { timeline, mode } };
  const started = expectStatus(await persist(arena, question, member.url), [202], 'a replay');
  const { id } = JSON.parse(started.body) as { id: string };
  const killed = member.kill();
  for (let i = 0; i < 600; i += 1) {
    await sleep(200);
    const url = `${pick(arena.roll, arena.members).url}/v1/admin/replays/${id}`;
    const reply = await arena.connection.send(url, { method: 'GET' }).catch(() => null);
    if (reply?.status !== 200) continue;
    const replay = JSON.parse(reply.body) as ReplayShown;
    expectSound(replay);
    if (replay.status === 'completed') return killed;
  }
  throw new Broken(`replay ${id} of ${timeline} was not finished within two minutes`);
}
