import type { Shot } from './order.js';
import type { Target } from './target.js';

const MEBIBYTE = 1_048_576;
const json = { 'content-type': 'application/json' };

/** What it takes to harm all others, tried. */
export interface Attack {
  readonly name: string;
  readonly title: string;
  /** Settings of the server that is attacked. */
  readonly env?: Readonly<Record<string, string>>;
  /** Makes what the attack needs; gives the requests, one a connection. */
  readonly prepare: (target: Target, sizes: { readonly events: number }) => Promise<readonly Shot[]>;
  /** Connections are kept open and read from, instead of asked over and over. */
  readonly isHeld?: boolean;
  readonly requestsMax?: number;
  /** How long it goes on before the writer writes again, and the writer does not write, ms. */
  readonly leadMs?: number;
  /** At least so long, whatever the writer is measured for, ms. */
  readonly leastMs?: number;
}

const times = (count: number, shot: Shot): readonly Shot[] => Array.from({ length: count }, () => shot);

const heap = (mebibytes: number) => ({ NODE_OPTIONS: `--max-old-space-size=${mebibytes}` });

export const ATTACKS: readonly Attack[] = [
  {
    name: 'unknown-routes',
    title: 'six without a key post 1 MiB of [ to a route that is not there',
    prepare: () =>
      Promise.resolve(times(6, { method: 'POST', path: '/nothing', headers: json, body: repeated('[', MEBIBYTE) })),
  },
  {
    name: 'deep-json',
    title: 'two of an agent post 15 MiB of [ as a batch',
    env: heap(2_048),
    prepare: async (target) => {
      const key = await agentKey(target);
      const path = '/v1/timelines/WRITER/commands';
      return times(2, { method: 'POST', path, headers: { ...json, ...key }, body: repeated('[', 15 * MEBIBYTE) });
    },
  },
  {
    name: 'filtered-events',
    title: 'twenty of a reader look for a type that a long log does not have',
    prepare: async (target, { events }) => {
      await fill(target, events);
      const headers = await target.newKey({ role: 'reader' });
      const path = '/v1/timelines/LONG/events?type=MarketVoided';
      return times(20, { method: 'GET', path, headers, body: { kind: 'none' } });
    },
  },
  {
    name: 'streams',
    title: '64 streams of a reader on 64 timelines',
    isHeld: true,
    leadMs: 5_000,
    prepare: async (target) => {
      const headers = await target.newKey({ role: 'reader' });
      const names = Array.from({ length: 64 }, (_, n) => `FOLLOWED-${n}`);
      for (const name of names) await target.createTimeline(name);
      return names.map((name) => ({
        method: 'GET',
        path: `/v1/timelines/${name}/events/stream`,
        headers,
        body: { kind: 'none' },
      }));
    },
  },
  {
    name: 'documents',
    title: 'an operator fills two timelines with documents of 1 MB, on a heap of 256 MiB',
    env: heap(256),
    requestsMax: 560,
    leastMs: 45_000,
    prepare: async (target) => {
      const timelines = ['FULL-0', 'FULL-1'];
      for (const name of timelines) await target.createTimeline(name);
      const key = await target.newKey({ role: 'operator', timelines });
      const body = { kind: 'text', text: JSON.stringify('x'.repeat(1_000_000)) } as const;
      return [...timelines, ...timelines].map((name) => ({
        method: 'PUT',
        path: `/v1/timelines/${name}/documents/document-{n}`,
        headers: { ...json, ...key },
        body,
      }));
    },
  },
  {
    name: 'packed-archive',
    title: 'an admin imports 200 MB of [ in 199 kB of gzip, on a heap of 2 GiB',
    env: heap(2_048),
    prepare: (target) => {
      const headers = { 'content-type': 'application/gzip', ...target.writer };
      const body = { kind: 'packed', character: '[', bytes: 200_000_000 } as const;
      return Promise.resolve(times(1, { method: 'POST', path: '/v1/admin/import', headers, body }));
    },
  },
  {
    name: 'full-queue',
    title: 'eight of an agent post batches of 10,000 bets to the writer’s timeline',
    prepare: async (target) => {
      const data = { marketId: 'MARKET', agentId: 'attacker', outcome: 'YES', amount: '0.01' };
      const commands = Array.from({ length: 10_000 }, () => ({ type: 'PlaceBet', data }));
      const body = { kind: 'text', text: JSON.stringify({ commands }) } as const;
      const headers = { ...json, ...(await agentKey(target)) };
      return times(8, { method: 'POST', path: '/v1/timelines/WRITER/commands', headers, body });
    },
  },
];

const repeated = (character: string, bytes: number) => ({ kind: 'repeated', character, bytes }) as const;

const agentKey = (target: Target) => target.newKey({ role: 'agent', agentId: 'attacker', timelines: ['WRITER'] });

/** A timeline of so many events, none of which is of a market. */
async function fill(target: Target, events: number): Promise<void> {
  await target.createTimeline('LONG');
  await target.submit('LONG', [{ type: 'RegisterAgent', data: { agentId: 'a', deposit: '1' } }]);
  const deposit = { type: 'DepositFunds', data: { agentId: 'a', amount: '1' } };
  for (let left = events; left > 0; left -= 10_000) {
    await target.submit(
      'LONG',
      Array.from({ length: Math.min(left, 10_000) }, () => deposit),
    );
  }
}
