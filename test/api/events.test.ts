import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTestApi, type TestApi } from './api.js';
import { EventReader } from './event-reader.js';

let api: TestApi;

beforeAll(async () => {
  api = await openTestApi({ streamsMax: 5 }, { STREAMS_MAX: '5' });
  await api.createVirtual('T');
  await api.post('agents', { agentId: 'ann', deposit: '1000' });
  await api.post('markets', {
    marketId: 'm',
    title: 'm',
    outcomes: ['rain', 'sun'],
    expiresAt: '1970-01-02T00:00:00Z',
  });
});

afterAll(() => api.stop());

const stream = (query = '', headers?: Record<string, string>) =>
  EventReader.open(`${api.url}/v1/timelines/T/events/stream${query}`, headers);

async function deposit(): Promise<number> {
  return (await api.post('agents/ann/deposits', { amount: '1' })).body.version;
}

describe('the log in pages', () => {
  test('goes on from a version or a cursor, to the head', async () => {
    await api.post('markets/m/bets', { agentId: 'ann', outcome: 'sun', amount: '1' });
    const all = await api.get('events');
    expect(all.body.items.map(({ version }: { version: number }) => version)).toEqual([1, 2, 3, 4, 5]);
    expect(all.body).toMatchObject({ nextCursor: null, version: 5 });
    expect(all.body.items[0]).toMatchObject({ type: 'TimelineCreated', at: '1970-01-01T00:00:00.000Z' });
    expect(all.body.items[4].data).toMatchObject({ marketId: 'm', outcome: 'sun', amount: '1', fee: '0.03' });
    const first = await api.get('events?limit=2&after=1');
    expect(first.body.items).toEqual(all.body.items.slice(1, 3));
    const second = await api.get(`events?limit=2&after=1&cursor=${first.body.nextCursor}`);
    expect(second.body.items).toEqual(all.body.items.slice(3, 5));
  });

  test('shows the types that were asked for', async () => {
    const { body } = await api.get('events?type=BetPlaced,MarketCreated');
    expect(body.items.map(({ type }: { type: string }) => type)).toEqual(['MarketCreated', 'BetPlaced']);
  });
});

describe('the stream', () => {
  test('starts at the head and shows each event after its commit', async () => {
    const reader = await stream();
    expect(reader.response.headers.get('content-type')).toMatch('text/event-stream');
    const version = await deposit();
    const blocks = await reader.until(version);
    expect(blocks).toEqual([
      { id: version - 1, data: null },
      { id: version, data: expect.objectContaining({ version, type: 'FundsDeposited' }) },
    ]);
    reader.close();
  });

  test('resumes without a gap, by the header before the query', async () => {
    await api.post('markets/m/bets', { agentId: 'ann', outcome: 'rain', amount: '1' });
    const head = await deposit();
    const reader = await stream('?after=1', { 'last-event-id': '3' });
    const blocks = await reader.until(head);
    expect(blocks.map(({ id }) => id)).toEqual(Array.from({ length: head - 2 }, (_, i) => i + 3));
    expect(blocks.map(({ data }) => data?.version ?? null).slice(1)).toEqual(blocks.slice(1).map(({ id }) => id));
    const bets = blocks.flatMap(({ data }) => (data?.type === 'BetPlaced' ? [data.data['outcome']] : []));
    expect(bets).toEqual(['sun', 'rain']);
    reader.close();
  });

  test('while commands go on, every version comes once and in order', async () => {
    const start = await deposit();
    const reader = await stream(`?after=${start}`);
    const versions = await Promise.all(Array.from({ length: 200 }, deposit));
    const blocks = await reader.until(Math.max(...versions));
    expect(blocks.map(({ id }) => id)).toEqual(Array.from({ length: 201 }, (_, i) => start + i));
    reader.close();
  });

  test('moves on by bare ids where a filter hides events', async () => {
    const start = await deposit();
    const reader = await stream(`?after=${start}&type=AgentRegistered`);
    await deposit();
    const { body } = await api.post('agents', { agentId: 'bob' });
    const blocks = await reader.until(body.version);
    expect(blocks.slice(1)).toEqual([
      { id: start + 1, data: null },
      { id: start + 2, data: expect.objectContaining({ type: 'AgentRegistered' }) },
    ]);
    reader.close();
  });

  test('is refused ahead of the head, for another timeline, and beyond the limit', async () => {
    const ahead = await api.get('events/stream?after=1000000');
    expect(ahead).toMatchObject({ status: 409, body: { code: 'version-ahead' } });
    expect(await api.get('events/stream', { 'last-event-id': 'x' })).toMatchObject({ status: 400 });
    expect((await api.get('/v1/timelines/nowhere/events/stream')).status).toBe(404);
    await until(() => api.runtime.status().streams === 0);
    const readers = await Promise.all(Array.from({ length: 5 }, () => stream()));
    await until(() => api.runtime.status().streams === 5);
    const over = await api.get('events/stream');
    expect(over).toMatchObject({ status: 429, body: { code: 'too-many-streams' } });
    expect(over.headers.get('retry-after')).toBe('5');
    for (const reader of readers) reader.close();
    await until(() => api.runtime.status().streams === 0);
  });

  test('does not hold up anybody for a reader that takes nothing', async () => {
    const start = await deposit();
    const { hostname, port } = new URL(api.url);
    const stalled = connect(Number(port), hostname);
    stalled.pause();
    stalled.write(`GET /v1/timelines/T/events/stream?after=${start} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await until(() => api.runtime.status().streams === 1);
    const text = JSON.stringify('x'.repeat(900_000));
    let version = 0;
    for (let i = 0; i < 30; i += 1) version = (await api.call('PUT', 'documents/d', `[${i},${text}]`)).body.version;
    const reader = await stream(`?after=${version - 1}`);
    expect((await reader.until(version)).at(-1)?.data?.type).toBe('DocumentSaved');
    reader.close();
    stalled.destroy();
    await until(() => api.runtime.status().streams === 0);
  });

  test('answers HEAD without starting', async () => {
    const response = await fetch(`${api.url}/v1/timelines/T/events/stream`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(api.runtime.status().streams).toBe(0);
  });

  test('ends when the process drains', async () => {
    const reader = await stream();
    await reader.next();
    api.boot.beginDraining();
    expect(await reader.next()).toBeUndefined();
    expect(await api.get('agents/ann')).toMatchObject({ status: 503, body: { code: 'draining' } });
  });
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
