import { setMaxListeners } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../dice.js';
import type { Arena } from '../arena.js';
import { expectStatus, isOutage } from '../asking.js';
import { Broken, fault } from './fault.js';

/** What clients may do to a server: too much, too large, too slow, or nonsense. */
export const clientFaults = [
  fault({
    name: 'large-batch',
    row: 5,
    everySeconds: 45,
    strike: largeBatch,
  }),
  fault({
    name: 'poison',
    row: 10,
    everySeconds: 12,
    strike: poison,
  }),
  fault({
    name: 'overload',
    row: 13,
    everySeconds: 90,
    strike: overload,
  }),
  fault({
    name: 'idle-streams',
    row: 13,
    everySeconds: 120,
    strike: idleStreams,
  }),
];

/** Refused in the end, so that it changes nothing; but deciding it takes long, and small commands must not starve. */
async function largeBatch(arena: Arena): Promise<boolean> {
  const data = { marketId: 'nowhere', agentId: 'a1', outcome: 'YES', amount: '1' };
  const body = JSON.stringify({ commands: Array(10_000).fill({ type: 'PlaceBet', data }) });
  const { url } = pick(arena.roll, arena.members);
  const timeline = pick(arena.roll, arena.timelines);
  const askedMs = performance.now();
  const reply = await arena.connection
    .send(`${url}/v1/timelines/${timeline}/commands`, { method: 'POST', body })
    .catch(() => null);
  if (reply === null) return false;
  if (reply.status === 200) return true;
  if (!isOutage(reply, arena.disk, askedMs)) expectStatus(reply, [], 'a batch of 10,000');
  return false;
}

const DEEP = 10_000;

/** Bodies that a careless server chokes on; none of them is a request that could have an effect. */
const POISON: readonly (readonly [path: string, body: string])[] = [
  ['agents', '{"agentId":"\\u0000","deposit":"5"}'],
  ['agents', '{"agentId":"\\ud800","deposit":"5"}'],
  ['agents', '{"agentId":"poison","name":"\\udfff"}'],
  ['agents', '{"agentId":"poison","deposit":1e400}'],
  ['agents', '{"agentId":"poison","deposit":9007199254740993}'],
  ['agents', '{"agentId":"poison","deposit":"-1"}'],
  ['agents', '{"__proto__":{"agentId":"poison"}}'],
  ['agents', '{"agentId":"poison","constructor":{"prototype":{}}}'],
  ['agents', '{"agentId":"poison'],
  ['agents/a1/deposits', '{"amount":"1e3"}'],
  ['agents/a1/deposits', '{"amount":"0.0000001"}'],
  ['agents/a1/deposits', '{"amount":"1000000000000000"}'],
  ['agents/a1/deposits', `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`],
  ['agents/a1/deposits', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
  ['agents/a1/deposits', `{"amount":"${'9'.repeat(200_000)}"}`],
  ['commands', '{"commands":[{"type":"ImportLegacy","data":{}}]}'],
  ['commands', '{"commands":[{"type":"__proto__","data":{}}]}'],
  ['commands', '{"commands":{}}'],
  ['clock/advance', '{"byMs":-1}'],
  ['clock/advance', '{"to":"9999-99-99T00:00:00Z"}'],
];

async function poison(arena: Arena): Promise<boolean> {
  let refused = 0;
  for (const [path, body] of POISON) {
    const url = `${pick(arena.roll, arena.members).url}/v1/timelines/${pick(arena.roll, arena.timelines)}/${path}`;
    const askedMs = performance.now();
    const reply = await arena.connection.send(url, { method: 'POST', body }).catch(() => null);
    if (reply === null || isOutage(reply, arena.disk, askedMs)) continue;
    if (reply.status < 400 || reply.status >= 500) {
      throw new Broken(`POST ${path} ${body.slice(0, 100)} was answered ${reply.status} ${reply.body.slice(0, 300)}`);
    }
    refused += 1;
  }
  return refused > 0;
}

const CROWD = 2_000;

/** Far more at once than a server can do: it answers what it can, and tells the rest to come again. */
async function overload(arena: Arena): Promise<boolean> {
  const { url } = pick(arena.roll, arena.members);
  const timeline = pick(arena.roll, arena.timelines);
  const askedMs = performance.now();
  const replies = await Promise.all(
    Array.from({ length: CROWD }, () =>
      arena.connection
        .send(`${url}/v1/timelines/${timeline}/agents/nobody/deposits`, { method: 'POST', body: '{"amount":"1"}' })
        .catch(() => null),
    ),
  );
  for (const reply of replies) {
    if (reply !== null && !isOutage(reply, arena.disk, askedMs)) expectStatus(reply, [404], 'one of a crowd');
  }
  return replies.some((reply) => reply !== null);
}

const STREAMS = 300;

/** Streams that nobody reads, at one server, while events pour into them. */
async function idleStreams(arena: Arena): Promise<boolean> {
  const { url } = pick(arena.roll, arena.members);
  const closing = new AbortController();
  setMaxListeners(STREAMS, closing.signal);
  const opened = await Promise.all(
    Array.from({ length: STREAMS }, () => {
      const target = `${url}/v1/timelines/${pick(arena.roll, arena.timelines)}/events/stream?after=1`;
      return new Promise<IncomingMessage | null>((resolve) => {
        const asked = get(target, { signal: closing.signal, agent: false }, resolve);
        asked.on('error', () => {
          resolve(null);
        });
      });
    }),
  );
  for (const response of opened) response?.on('error', () => undefined).pause();
  await sleep(2_000 + arena.roll(6_000));
  closing.abort();
  for (const response of opened) {
    if (response === null || [200, 429, 503].includes(response.statusCode ?? 0)) continue;
    throw new Broken(`a stream was answered ${response.statusCode}`);
  }
  return opened.some((response) => response?.statusCode === 200);
}
