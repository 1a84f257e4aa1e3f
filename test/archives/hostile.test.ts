import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ArchiveTooLarge, ArchiveUnsound, proveApart, proveArchive } from '#archives';
import { openMemoryLog, type ProposedEvent } from '#event-log';
import { openTestApi, type TestApi } from '../api/api.js';
import { appended, appendRequest, createTimeline, proposedEvent, proposedKey } from '../event-log/proposals.js';
import { archiveOf, created, event, fillEconomy, importInto, inPieces, linesOf, sealedArchive } from './archives.js';

// What somebody else's file can do: everything in it is made up by whoever wrote it, its hashes included.

const DAY = 86_400_000;
const AT = 1_700_000_000_000;

/** An archive of one timeline with these events, whatever they are. */
async function archiveWith(events: readonly ProposedEvent[], label?: string): Promise<Buffer> {
  const log = openMemoryLog();
  const { timelineId } = await createTimeline(log, 'HOSTILE', events);
  if (label !== undefined) await log.saveLabel(timelineId, { label, version: 1 }, null);
  return archiveOf(log);
}

const ann = event('AgentRegistered', { agentId: 'ann', name: 'Ann' });
const deposit = (amount: string): ProposedEvent => event('FundsDeposited', { agentId: 'ann', amount });
const outcomes = ['YES', 'NO'];
const market = {
  ...{ marketId: 'm', eventId: null, title: 'Rain?', description: '', domain: 'unknown', duration: 'micro', outcomes },
  ...{ mechanism: 'fixed-product', liquidity: '1000000', feeBps: 0, expiresAtMs: AT + DAY, viralityTenths: null },
  automatic: false,
};
const bet = {
  ...{ marketId: 'm', agentId: 'ann', outcome: 0, amount: '100', fee: '0', shares: '150' },
  ...{ priceBeforePpm: 500_000, priceAfterPpm: 500_100 },
};

const { mechanism: _mechanism, automatic: _automatic, ...oldMarket } = market;
const legacyMarket = (pools: readonly string[]): ProposedEvent =>
  event('LegacyMarketImported', {
    ...oldMarket,
    ...{ createdAtMs: 0, volume: '0', pools, liquidity: '9', status: 'closed', holder: 'ann' },
  });

describe('a history is refused with its place', () => {
  test.each<[string, readonly ProposedEvent[], RegExp]>([
    ['that breaks a rule', [created(), ann, deposit('-5')], /version 3: .*amount is not an amount/],
    ['that this build cannot read', [created(), event('MoonLanded', {})], /version 2: .*cannot be read: .*newer build/],
    ['of a later schema', [created(), proposedEvent({ ...ann, schemaVersion: 2 })], /version 2: .*cannot be read/],
    ['that does not begin', [ann], /version 1: a history begins with TimelineCreated/],
    ['that begins twice', [created(), created()], /version 2: the TimelineCreated breaks a rule/],
    ['beyond the calendar', [created(), event('ClockAdvanced', { toMs: 9e15 }, 9e15)], /version 2: atMs is not within/],
    ['before the calendar', [created(-1)], /version 1: atMs is not within/],
    ['whose time runs back', [created(), event('ClockAdvanced', { toMs: 1 }, 1)], /version 2: .*breaks a rule/],
    ['with digits by the megabyte', [created(), ann, deposit('9'.repeat(3_000_000))], /version 3: .*amount is not/],
    [
      'of an agent without a good id',
      [created(), event('AgentRegistered', { agentId: 'a b', name: 'A' })],
      /agentId is not an id/,
    ],
    [
      'with a name that is too long',
      [created(), event('AgentRegistered', { agentId: 'a', name: 'A'.repeat(500) })],
      /name is not a text/,
    ],
    [
      'with half of a surrogate pair',
      [created(), event('AgentRegistered', { agentId: 'a', name: '\ud800' })],
      /name is not a text/,
    ],
    [
      'with a field of another kind',
      [created(), event('AgentRegistered', { agentId: 'a', name: 5 })],
      /name is not a text/,
    ],
    ['without its data', [created(), proposedEvent({ ...ann, data: 'null' })], /data is no object/],
    [
      'with a rate beyond its range',
      [created(), event('ApyChanged', { apyPpm: 1e12 })],
      /apyPpm is not a whole number/,
    ],
    [
      'with a document of two megabytes',
      [created(), event('DocumentSaved', { name: 'd', text: ' '.repeat(2e6) })],
      /document has more than/,
    ],
    [
      'with a market of one outcome',
      [created(), event('MarketCreated', { ...market, outcomes: ['YES'] })],
      /outcomes is not a list of 2 to 16/,
    ],
    [
      'with a bet on an outcome that is not there',
      [created(), ann, deposit('1000'), event('MarketCreated', market), event('BetPlaced', { ...bet, outcome: 7 })],
      /version 5: .*no outcome 7/,
    ],
    [
      'with an actor of several lines',
      [created(), proposedEvent({ ...ann, actor: 'key:a\r\u001b[2K' })],
      /version 2: the actor is not a line/,
    ],
    ['with old shares of nobody', [created(), legacyMarket(['5', '9'])], /version 2: .*no agent ann/],
    ['with a pool beyond its liquidity', [created(), ann, legacyMarket(['5', '10'])], /version 3: .*larger than its/],
    [
      'whose books do not balance',
      [
        ...[created(), ann, deposit('1000'), event('StakeAdded', { agentId: 'ann', amount: '500' })],
        event('ApyChanged', { apyPpm: 1_000_000 }, AT + DAY),
        event('LegacyStakeImported', { agentId: 'ann', amount: '5' }, AT + DAY),
      ],
      /the books do not balance at version 6: stakes accrued/,
    ],
  ])('%s', async (_what, events, message) => {
    const archive = await archiveWith(events);
    const proving = proveArchive(inPieces(archive, 100_000));
    await expect(proving).rejects.toThrow(ArchiveUnsound);
    await expect(proving).rejects.toThrow(message);
  });

  test('in a fork too, which goes on from its parent’s state', async () => {
    const log = openMemoryLog();
    const trunk = await createTimeline(log, 'TRUNK', [created(), ann, deposit('70')]);
    const fork = (name: string, amount: string) =>
      log.createTimeline({
        name,
        fork: { timelineId: trunk.timelineId, name: 'TRUNK', head: trunk.head },
        events: [event('TimelineForked', { clock: 'virtual' }), event('FundsWithdrawn', { agentId: 'ann', amount })],
        key: null,
        recordedAtMs: AT,
        writer: 'w',
      });
    await fork('GOOD', '70');
    expect((await proveArchive(inPieces(await archiveOf(log)))).timelines).toHaveLength(2);
    await fork('BAD', '71');
    await expect(proveArchive(inPieces(await archiveOf(log)))).rejects.toThrow(
      /timeline BAD, version 5: .*breaks a rule/,
    );
  });
});

test.each(['a\u001b[31mb', 'two words', '123', 'x'.repeat(129)])('the label %j is refused', async (label) => {
  const proving = proveArchive(inPieces(await archiveWith([created()], label)));
  await expect(proving).rejects.toThrow(/is no label/);
});

test('times of creation and of commits are within the calendar', async () => {
  const lines = linesOf(await archiveWith([created()])).slice(0, -1);
  const changed = [(lines[0] ?? '').replace(/"createdAtMs":\d+/, '"createdAtMs":9000000000000000'), ...lines.slice(1)];
  await expect(proveArchive(inPieces(sealedArchive(changed)))).rejects.toThrow(/line 1: createdAtMs of HOSTILE is not/);
});

test('what unpacks to more than is allowed is refused, wherever it is divided', async () => {
  const log = openMemoryLog();
  await fillEconomy(log, 'LONG', new Array<number>(100).fill(1));
  const proving = proveArchive(inPieces(await archiveOf(log)), { limits: { unpackedBytesMax: 10_000 } });
  await expect(proving).rejects.toThrow(/^line \d+, timeline LONG, version \d+: it unpacks to more than 10000 bytes/);
  await expect(proving).rejects.toThrow(ArchiveTooLarge);
});

describe('a bomb is refused by a server that goes on', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await openTestApi(
      {},
      { IMPORT_HEAP_MAX_MIB: '24', IMPORT_UNPACKED_MAX_BYTES: '60000000', EVENT_LOOP_DELAY_MAX_MS: '0' },
    );
    await api.createVirtual('T');
  });

  afterAll(() => api.stop());

  const put = (body: Buffer, query = '') =>
    api.call('POST', `/v1/admin/import${query}`, body, { 'content-type': 'application/gzip' });

  const manifest = '{"seedArchive":1,"createdAt":"2026-01-01T00:00:00Z","timelines":[]}\n';

  test.each([
    ['of brackets', '['.repeat(5_000_000), 'archive-damaged', 400],
    ['of empty lists', `[${'[],'.repeat(2_000_000)}0]`, 'archive-damaged', 400],
    ['of empty texts', `[${'"",'.repeat(2_000_000)}0]`, 'archive-damaged', 400],
    ['of one long line', `"${'a'.repeat(7_000_000)}"`, 'archive-too-large', 413],
  ])('%s', async (_what, text, code, status) => {
    const bomb = gzipSync(`${manifest}${text}\n`);
    expect(bomb.length).toBeLessThan(200_000);
    expect(await put(bomb)).toMatchObject({ status, body: { code } });
  });

  test('of states that do not fit into the thread’s heap', async () => {
    const log = openMemoryLog();
    const { timelineId, head } = await createTimeline(log, 'LARGE', [created()]);
    let at = head;
    for (let n = 0; n < 25; n += 1) {
      const document = event('DocumentSaved', { name: `d${n}`, text: JSON.stringify(`${n % 10}`.repeat(1_000_000)) });
      at = await appended(log.append(appendRequest(timelineId, at, { events: [document] })));
    }
    const reply = await put(await archiveOf(log));
    expect(reply).toMatchObject({ status: 413, body: { code: 'archive-too-large' } });
    expect(reply.body.detail).toMatch('IMPORT_HEAP_MAX_MIB');
  });

  test('of an unsound history, which is told with its place', async () => {
    const reply = await put(await archiveWith([created(), ann, deposit('-5')]));
    expect(reply).toMatchObject({ status: 400, body: { code: 'archive-unsound' } });
    expect(reply.body.detail).toMatch(/^line 3, timeline HOSTILE, version 3: /);
    expect((await api.get('/v1/timelines/HOSTILE')).status).toBe(404);
  });

  test('but a stopped history of one’s own backup may come in, stopped', async () => {
    const archive = await archiveWith([created(), event('MoonLanded', {})]);
    expect(await put(archive, '?acceptStopped=true&rename=HOSTILE=MOON')).toMatchObject({ status: 201 });
    expect(await api.get('/v1/timelines/MOON/state')).toMatchObject({
      status: 503,
      body: { code: 'timeline-stopped' },
    });
    expect((await api.get('/v1/timelines/T/state')).status).toBe(200);
  });

  test('idempotency keys come in only where they are asked for', async () => {
    const log = openMemoryLog();
    await fillEconomy(log, 'KEYED', [1]);
    const key = proposedKey('make', { firstVersion: 1, lastVersion: 1, reply: '{"timeline":"KEYED"}' });
    await log.createTimeline({ name: 'K2', fork: null, events: [created()], key, recordedAtMs: AT, writer: 'w' });
    const archive = await archiveOf(log);
    expect((await put(archive)).status).toBe(201);
    expect(await api.boot.log.findServerKey(key.digest)).toBeUndefined();
    expect((await put(archive, '?withKeys=true')).status).toBe(201);
    expect(await api.boot.log.findServerKey(key.digest)).toEqual(key);
  });

  test('and one row with a time beyond the calendar breaks no list', async () => {
    await importInto(api.boot.log, await archiveWith([created(), event('ClockAdvanced', { toMs: 9e15 }, 9e15)]));
    for (const path of ['/v1/timelines', '/v1/admin/status', '/health', '/v1/timelines/HOSTILE/events']) {
      expect([path, (await api.get(path)).status]).toEqual([path, 200]);
    }
  });
});

test('a thread that is told to stop stops', async () => {
  const stopping = new AbortController();
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    yield (await archiveWith([created()])).subarray(0, 20);
    stopping.abort(new Error('the server stops'));
    yield await new Promise<Uint8Array>(() => undefined);
  };
  const proving = proveApart(endless(), { heapMaxMib: 48, signal: stopping.signal });
  await expect(proving).rejects.toThrow('the server stops');
});
