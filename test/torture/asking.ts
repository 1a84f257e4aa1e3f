import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../dice.js';
import type { SmallDisk } from '../faults/small-disk.js';
import type { Arena } from './arena.js';
import { Broken } from './faults/fault.js';
import type { Reply } from './history.js';

/** What a fault asks of any server until it is answered. */
export interface Question {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
}

/** When the disk was full. */
export type Fullness = Pick<SmallDisk, 'wasFullSince'>;

/** Longer than any outage that the faults make. */
const PATIENCE_MS = 120_000;

/** Asks any server, or that one, again and again until the answer is neither an outage nor overload, nor old. */
export async function persist(arena: Arena, { method, path, body, key }: Question, url?: string): Promise<Reply> {
  const deadline = performance.now() + PATIENCE_MS;
  let last: Reply | null = null;
  while (performance.now() < deadline) {
    const askedMs = performance.now();
    last = await arena.connection
      .send(`${url ?? pick(arena.roll, arena.members).url}${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(key !== undefined && { headers: { 'idempotency-key': key } }),
      })
      .catch(() => null);
    if (last !== null && last.staleMs === null && !isOutage(last, arena.disk, askedMs)) return last;
    await sleep(100);
  }
  throw new Broken(`${method} ${path} was not answered for ${PATIENCE_MS} ms, but with ${last?.body ?? 'nothing'}`);
}

/**
 * These say that it passes, and any request may meet them; that a timeline stopped does not, and that there is no room
 * may only be said of a disk that was full since the request was made.
 */
export function isOutage({ status, body }: Reply, disk: Fullness, askedMs: number): boolean {
  if (status === 507) return disk.wasFullSince(askedMs);
  return (status === 503 || status === 429) && !body.includes('"code":"timeline-stopped"');
}

/** @throws Broken where the answer is another than it has to be */
export function expectStatus(reply: Reply, statuses: readonly number[], what: string): Reply {
  if (statuses.includes(reply.status)) return reply;
  throw new Broken(`${what} was answered ${reply.status} ${reply.body.slice(0, 500)}`);
}

let made = 0;

/** A timeline of a fault's own, with one agent; `count` deposits bring it to version 3 + count. */
export async function ownTimeline(arena: Arena, count: number): Promise<string> {
  const name = `own-${(made += 1)}`;
  const post = async (path: string, body: object, key: string): Promise<void> => {
    expectStatus(await persist(arena, { method: 'POST', path, body, key: `${name} ${key}` }), [200, 201], path);
  };
  await post('/v1/timelines', { name, clock: 'virtual' }, 'create');
  await post(`/v1/timelines/${name}/agents`, { agentId: 'ann', deposit: '10' }, 'register');
  for (let i = 0; i < count; i += 1) {
    await post(`/v1/timelines/${name}/agents/ann/deposits`, { amount: '1' }, `deposit ${i}`);
  }
  return name;
}
