import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import { troubleDisk, type Trouble } from '../../faults/disk-trouble.js';
import type { Arena } from '../arena.js';
import { expectStatus, persist } from '../asking.js';
import { Broken, fault } from './fault.js';

/** The disk under PostgreSQL. */
export const diskFaults = [
  fault({
    name: 'slow-disk',
    row: 4,
    everySeconds: 60,
    strike: (arena) => disturb(arena, { kind: 'slow', delayMs: 20 + arena.roll(480) }, 1_000 + arena.roll(4_000)),
  }),
  fault({
    name: 'failing-disk',
    row: 4,
    everySeconds: 90,
    strike: (arena) => disturb(arena, { kind: 'failing', recoveryToo: arena.roll(3) === 0 }, 200 + arena.roll(2_000)),
  }),
  fault({
    name: 'full-disk',
    row: 4,
    everySeconds: 60,
    strike: fillDisk,
  }),
];

/** True if at least one call met the trouble. */
async function disturb(arena: Arena, trouble: Trouble, ms: number): Promise<boolean> {
  const pid = arena.postgres.pid();
  if (pid === undefined) return false;
  // It may be killed by another fault in the moment before it is reached.
  const disk = await troubleDisk(pid, trouble).catch((error: unknown) => {
    arena.note(`no ${trouble.kind} disk: ${String(error)}`);
    return null;
  });
  if (disk === null) return false;
  await sleep(ms);
  return (await disk.end()) > 0;
}

let filled = 0;

/** Documents are written until the disk has no room; then it is full for a while, and all comes back by itself. */
async function fillDisk(arena: Arena): Promise<boolean> {
  const name = `full-${(filled += 1)}`;
  const timeline = `/v1/timelines/${name}`;
  const create = { method: 'POST', path: '/v1/timelines', body: { name, clock: 'virtual' }, key: `create ${name}` };
  expectStatus(await persist(arena, create), [200, 201], 'a timeline');
  const write = async (document: string, text: string) => {
    const url = `${pick(arena.roll, arena.members).url}${timeline}/documents/${document}`;
    const headers = { 'idempotency-key': `${name} ${document}` };
    return arena.connection.send(url, { method: 'PUT', body: JSON.stringify({ text }), headers }).catch(() => null);
  };
  const acknowledged = new Map<string, string>();
  let refused: { readonly document: string; readonly text: string } | null = null;
  await arena.disk.fill();
  try {
    const until = performance.now() + 2_000 + arena.roll(6_000);
    for (let i = 0; performance.now() < until; i += 1) {
      const [document, text] = [`d${i}`, randomBytes(100_000).toString('base64')];
      const reply = await write(document, text);
      if (reply?.status === 200) acknowledged.set(document, text);
      else if (reply?.status === 507) refused = { document, text };
      else if (reply !== null) expectStatus(reply, [503], 'a document on a full disk');
      if (reply?.status !== 200) await sleep(100);
    }
  } finally {
    await arena.disk.makeRoom();
  }
  if (refused !== null) {
    const { document, text } = refused;
    const path = `${timeline}/documents/${document}`;
    const again = { method: 'PUT', path, body: { text }, key: `${name} ${document}` };
    expectStatus(await persist(arena, again), [200], 'a document once there is room');
    acknowledged.set(document, text);
  }
  for (const [document, text] of acknowledged) {
    const shown = await persist(arena, { method: 'GET', path: `${timeline}/documents/${document}` });
    expectStatus(shown, [200], 'a document that was acknowledged');
    if (!shown.body.includes(text)) throw new Broken(`${name} does not have ${document} as it was acknowledged`);
  }
  expectStatus(
    await persist(arena, { method: 'DELETE', path: `${timeline}?confirm=${name}`, key: `remove ${name}` }),
    [204, 404],
    'its removal',
  );
  return refused !== null;
}
