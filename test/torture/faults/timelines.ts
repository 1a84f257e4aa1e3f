import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import type { Arena } from '../arena.js';
import { expectStatus, persist } from '../asking.js';
import { Broken, expectSound, fault, type ReplayShown } from './fault.js';

/** Long work on timelines that are being written to: it is atomic, and in nobody's way. */
export const timelineFaults = [
  fault({
    name: 'cancel-replay',
    row: 14,
    everySeconds: 45,
    strike: cancelReplay,
  }),
  fault({
    name: 'fork-and-remove',
    row: 14,
    everySeconds: 40,
    strike: forkAndRemove,
  }),
  fault({
    name: 'cut-export',
    row: 14,
    everySeconds: 40,
    strike: cutExport,
  }),
];

async function cancelReplay(arena: Arena): Promise<boolean> {
  const body = { timeline: pick(arena.roll, arena.timelines), mode: pick(arena.roll, ['verify', 'rebuild']) };
  const started = expectStatus(
    await persist(arena, { method: 'POST', path: '/v1/admin/replays', body }),
    [202],
    'a replay',
  );
  const { id } = JSON.parse(started.body) as { id: string };
  await sleep(arena.roll(500));
  const path = `/v1/admin/replays/${id}`;
  // It may have ended by itself meanwhile.
  expectStatus(await persist(arena, { method: 'DELETE', path }), [200, 202, 204, 409], 'its cancellation');
  for (let i = 0; i < 300; i += 1) {
    const replay = JSON.parse((await persist(arena, { method: 'GET', path })).body) as ReplayShown;
    expectSound(replay);
    if (replay.status !== 'running') return true;
    await sleep(200);
  }
  throw new Broken(`replay ${id} was neither finished nor cancelled within a minute`);
}

let forks = 0;

/** Longer than it takes to make a fork and to use it, whatever happens meanwhile. */
const FORK_USED_WITHIN_MS = 3_600_000;

/** A fork is made of a timeline that others write to, used, proven and removed. */
async function forkAndRemove(arena: Arena): Promise<boolean> {
  const parent = pick(arena.roll, arena.timelines);
  const name = `fork-${(forks += 1)}`;
  const fork = `/v1/timelines/${name}`;
  const made = await persist(arena, {
    method: 'POST',
    path: `/v1/timelines/${parent}/forks`,
    body: { name, clock: pick(arena.roll, ['virtual', 'wall']) },
    key: `make ${name}`,
  });
  const { result } = JSON.parse(expectStatus(made, [201], 'a fork').body) as { result: { now: string } };
  const deposit = { method: 'POST', path: `${fork}/agents/a1/deposits`, body: { amount: '3' }, key: `use ${name}` };
  const first = expectStatus(await persist(arena, deposit), [200], 'the first command of a fork');
  const again = expectStatus(await persist(arena, deposit), [200], 'the same command again');
  if (first.body !== again.body) throw new Broken(`one key was answered twice: ${first.body} and ${again.body}`);
  const shown = expectStatus(await persist(arena, { method: 'GET', path: fork }), [200], 'a fork that is used');
  const { now } = JSON.parse(shown.body) as { now: string };
  // Its parent's time may be years ago; whatever clock the fork has goes on from there.
  const passedMs = Date.parse(now) - Date.parse(result.now);
  if (passedMs < 0 || passedMs > FORK_USED_WITHIN_MS) throw new Broken(`in a fork of ${result.now} it was ${now}`);
  const proven = await persist(arena, { method: 'GET', path: `/v1/admin/verify/${name}` });
  const { valid } = JSON.parse(expectStatus(proven, [200], 'a proof').body) as { valid: boolean };
  if (!valid) throw new Broken(`a fork does not verify: ${proven.body}`);
  const removal = await persist(arena, { method: 'DELETE', path: `${fork}?confirm=${name}`, key: `remove ${name}` });
  expectStatus(removal, [204, 404], 'its removal');
  expectStatus(await persist(arena, { method: 'GET', path: fork }), [404], 'a removed fork');
  return true;
}

/** Whoever takes an archive goes away half way; the next one gets all of it. */
async function cutExport(arena: Arena): Promise<boolean> {
  const { url } = pick(arena.roll, arena.members);
  const path = `/v1/admin/export?timeline=${pick(arena.roll, arena.timelines)}`;
  const began = await new Promise<boolean>((resolve) => {
    const asked = get(`${url}${path}`, { agent: false }, (response) => {
      response.on('error', () => undefined);
      response.once('data', () => {
        resolve(response.statusCode === 200);
        asked.destroy();
      });
    });
    asked.on('error', () => {
      resolve(false);
    });
  });
  expectStatus(await persist(arena, { method: 'GET', path }), [200], 'an archive');
  return began;
}
