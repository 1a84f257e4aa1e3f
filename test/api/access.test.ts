import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mintKey } from '#access';
import type { OperationId } from '../../apps/api/access/table.js';
import { Access } from '../../apps/api/access/access.js';
import { Boot } from '../../apps/api/boot.js';
import { RouteTable } from '../../apps/api/http/route-table.js';
import { createServer, prepareServer } from '../../apps/api/http/server.js';
import { createLog } from '../../apps/api/logging.js';
import { Metrics } from '../../apps/api/metrics/metrics.js';
import { loadSettings } from '#settings';
import { bearer, openProtectedApi, rotatedOut, type ProtectedApi } from './access.js';

// Who may do what, written down apart from the server's own table: each cell is asked for over HTTP, and a cell counts as
// allowed unless it is answered with 401 or 403.

/** Whom the server does not know. */
const STRANGERS = ['no key', 'malformed', 'forged', 'expired', 'revoked', 'rotated out'] as const;
/** Whom it knows: an operator of other timelines, keys for T* alone, an operator of all timelines, and an admin. */
const KNOWN = ['wrong timeline', 'reader', 'agent own', 'agent other', 'operator', 'operator of all', 'admin'] as const;

type Stranger = (typeof STRANGERS)[number];
type Known = (typeof KNOWN)[number];

const EVERYBODY: readonly Known[] = KNOWN;
const READERS: readonly Known[] = ['reader', 'agent own', 'agent other', 'operator', 'operator of all', 'admin'];
/** The agent ann, and whoever runs the timeline; not the agent bob for ann. */
const ANN: readonly Known[] = ['agent own', 'operator', 'operator of all', 'admin'];
const OPERATORS: readonly Known[] = ['operator', 'operator of all', 'admin'];
const ADMINS: readonly Known[] = ['admin'];

interface Cell {
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly may: readonly Known[] | 'strangers too';
}

const T = '/v1/timelines/T';
/** In the scope of whoever has T*, and not there: what would end T is tried on it. */
const GONE = '/v1/timelines/T-GONE';
const BET = { agentId: 'ann', outcome: 'YES', amount: '1' };

const read = (path: string): Cell => ({ path: T + path, may: READERS });
const post = (path: string, body: object, may: readonly Known[]): Cell => ({ method: 'POST', path, body, may });

const MATRIX: Readonly<Record<string, Cell>> = {
  GetHealth: { path: '/health', may: 'strangers too' },
  GetReadiness: { path: '/health/ready', may: 'strangers too' },
  ListProblems: { path: '/problems', may: 'strangers too' },
  GetProblem: { path: '/problems/forbidden', may: 'strangers too' },

  ListTimelines: { path: '/v1/timelines', may: EVERYBODY },
  GetMetrics: { path: '/metrics', may: ['operator of all', 'admin'] },
  GetTimeline: read(''),
  GetAgent: read('/agents/ann'),
  ListAgents: read('/agents'),
  ListPayouts: read('/agents/ann/payouts'),
  GetBalanceSeries: read('/agents/ann/balances'),
  GetMarket: read('/markets/m'),
  ListMarkets: read('/markets'),
  GetPriceSeries: read('/markets/m/prices'),
  GetYield: read('/yield'),
  GetWorld: read('/world'),
  ListWorldEvents: read('/world-events'),
  GetDocument: read('/documents/d'),
  ListDocuments: read('/documents'),
  ListEvents: read('/events'),
  StreamEvents: read('/events/stream'),
  GetState: read('/state'),
  GetStep: read('/state/step?version=2'),
  GetPastAgent: read('/state/agents/ann'),
  GetPastMarket: read('/state/markets/m'),
  GetLineage: read('/lineage'),
  ListLabels: read('/labels'),
  ListSnapshots: read('/snapshots'),
  CompareTimelines: read('/compare/T2'),
  GetQuote: post(`${T}/markets/m/quotes`, { side: 'buy', outcome: 'YES', amount: '1' }, READERS),

  PlaceBet: post(`${T}/markets/m/bets`, BET, ANN),
  SellShares: post(`${T}/markets/m/sales`, { agentId: 'ann', outcome: 'YES', shares: '0.1' }, ANN),
  AddStake: post(`${T}/agents/ann/stakes`, { amount: '1' }, ANN),
  WithdrawStake: post(`${T}/agents/ann/unstakes`, { amount: '1' }, ANN),
  TransferFunds: post(`${T}/transfers`, { from: 'ann', to: 'bob', amount: '1' }, ANN),
  SubmitBatch: post(`${T}/commands`, { commands: [{ type: 'PlaceBet', data: { marketId: 'm', ...BET } }] }, ANN),

  RegisterAgent: post(`${T}/agents`, { agentId: 'eve' }, OPERATORS),
  DepositFunds: post(`${T}/agents/ann/deposits`, { amount: '1' }, OPERATORS),
  WithdrawFunds: post(`${T}/agents/ann/withdrawals`, { amount: '1' }, OPERATORS),
  CreateMarket: post(`${T}/markets`, { title: 'Another?', duration: 'micro' }, OPERATORS),
  CloseMarket: post(`${T}/markets/none/close`, {}, OPERATORS),
  ResolveMarket: post(`${T}/markets/none/resolve`, { outcome: 'YES' }, OPERATORS),
  VoidMarket: post(`${T}/markets/none/void`, { reason: 'none' }, OPERATORS),
  ChangeApy: { method: 'PUT', path: `${T}/yield`, body: { apy: '0.1' }, may: OPERATORS },
  DistributeYield: post(`${T}/yield/distributions`, {}, OPERATORS),
  IngestWorldEvent: post(`${T}/world-events`, { eventId: 'e', title: 'Rain' }, OPERATORS),
  RecordWorldState: { method: 'PATCH', path: `${T}/world`, body: { recentReasoning: 'none' }, may: OPERATORS },
  SaveDocument: { method: 'PUT', path: `${T}/documents/d`, body: {}, may: OPERATORS },
  RemoveDocument: { method: 'DELETE', path: `${T}/documents/none`, may: OPERATORS },
  AdvanceClock: post(`${T}/clock/advance`, { byMs: 1 }, OPERATORS),
  TakeSnapshot: { method: 'POST', path: `${T}/snapshots`, may: OPERATORS },
  PutLabel: post(`${T}/labels`, { label: 'here', version: 1 }, OPERATORS),
  ForkTimeline: post(`${T}/forks`, { name: 'T-FORK' }, OPERATORS),
  CreateTimeline: post('/v1/timelines', { name: 'T-NEW', clock: 'virtual' }, OPERATORS),
  CompleteTimeline: post(`${GONE}/complete`, {}, OPERATORS),
  ArchiveTimeline: { method: 'POST', path: `${GONE}/archive`, may: OPERATORS },

  RemoveTimeline: { method: 'DELETE', path: GONE, may: ADMINS },
  GetStatus: { path: '/v1/admin/status', may: ADMINS },
  ExportArchive: { path: '/v1/admin/export?timeline=T', may: ADMINS },
  ImportArchive: post('/v1/admin/import', {}, ADMINS),
  ImportLegacy: post('/v1/admin/import-legacy', {}, ADMINS),
  FindStrayRows: { path: '/v1/admin/verify', may: ADMINS },
  VerifyTimeline: { path: '/v1/admin/verify/T', may: ADMINS },
  StartReplay: post('/v1/admin/replays', { timeline: 'T', mode: 'verify' }, ADMINS),
  ListReplays: { path: '/v1/admin/replays', may: ADMINS },
  GetReplay: { path: '/v1/admin/replays/none', may: ADMINS },
  StreamReplay: { path: '/v1/admin/replays/none/stream', may: ADMINS },
  CancelReplay: { method: 'DELETE', path: '/v1/admin/replays/none', may: ADMINS },
  CreateKey: post('/v1/admin/keys', { name: 'k', role: 'reader' }, ADMINS),
  ListKeys: { path: '/v1/admin/keys', may: ADMINS },
  RotateKey: post('/v1/admin/keys/none/rotate', {}, ADMINS),
  RevokeKey: { method: 'DELETE', path: '/v1/admin/keys/none', may: ADMINS },
  ListAudit: { path: '/v1/admin/audit', may: ADMINS },
};

let held: ProtectedApi;
let keys: Readonly<Record<Known | Exclude<Stranger, 'no key'>, string>>;

beforeAll(async () => {
  held = await openProtectedApi();
  const { admin, ask, key, store } = held;
  for (const name of ['T', 'T2']) await ask(admin, 'POST', '/v1/timelines', { name, clock: 'virtual' });
  await ask(admin, 'POST', 'agents', { agentId: 'ann', deposit: '1000' });
  await ask(admin, 'POST', 'agents', { agentId: 'bob', deposit: '1000' });
  await ask(admin, 'POST', 'markets', { marketId: 'm', title: 'Rain?', duration: 'macro' });
  await ask(admin, 'PUT', 'documents/d', {});
  const timelines = ['T*'];
  const textOf = async (...wanted: Parameters<typeof key>) => (await key(...wanted)).text;
  const revoked = await key('admin');
  await store.revokeKey(revoked.keyId);
  keys = {
    malformed: 'seed_nonsense',
    forged: mintKey().text,
    expired: await textOf('admin', { expiresAtMs: Date.now() - 1 }),
    revoked: revoked.text,
    'rotated out': await rotatedOut(held),
    'wrong timeline': await textOf('operator', { timelines: ['OTHER', 'S*'] }),
    reader: await textOf('reader', { timelines }),
    'agent own': await textOf('agent', { agentId: 'ann', timelines }),
    'agent other': await textOf('agent', { agentId: 'bob', timelines }),
    operator: await textOf('operator', { timelines }),
    'operator of all': await textOf('operator'),
    admin: await textOf('admin'),
  };
});

afterAll(() => held.api.stop());

/** Only the head of the reply counts; a stream would have no end. */
async function statusOf(cell: Cell, who: Known | Stranger, method: string = cell.method ?? 'GET'): Promise<number> {
  const leaving = new AbortController();
  const response = await fetch(held.api.url + cell.path, {
    method,
    headers: {
      ...(cell.body !== undefined && { 'content-type': 'application/json' }),
      ...(who !== 'no key' && bearer(keys[who])),
    },
    ...(cell.body !== undefined && { body: JSON.stringify(cell.body) }),
    signal: leaving.signal,
  });
  leaving.abort();
  return response.status;
}

const verdictOf = (status: number): string =>
  status === 401 || status === 403 ? String(status) : status >= 500 ? `failed with ${status}` : 'allowed';

function expectedOf({ may }: Cell, who: Known | Stranger): string {
  if (may === 'strangers too') return 'allowed';
  if ((STRANGERS as readonly string[]).includes(who)) return '401';
  return may.includes(who as Known) ? 'allowed' : '403';
}

test('the matrix has a row for every operation of the reference, and no other', async () => {
  const { body } = await held.api.get('/openapi.json');
  const operations = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(Object.keys(MATRIX).sort()).toEqual(operations.sort());
});

describe.each(Object.entries(MATRIX))('%s', (_name, cell) => {
  test.each([...STRANGERS, ...KNOWN])('%s', async (who) => {
    expect(verdictOf(await statusOf(cell, who))).toBe(expectedOf(cell, who));
  });
});

test('HEAD is let in as GET is', async () => {
  for (const cell of Object.values(MATRIX).filter(({ method }) => method === undefined)) {
    for (const who of ['no key', 'reader', 'wrong timeline', 'admin'] as const) {
      const told = `${cell.path} for ${who}: ${verdictOf(await statusOf(cell, who, 'HEAD'))}`;
      expect(told).toBe(`${cell.path} for ${who}: ${expectedOf(cell, who)}`);
    }
  }
});

test('the reference and its page need no key, and the reference says which routes do', async () => {
  for (const path of ['/docs', '/docs/start.js', '/docs/swagger-ui.css', '/docs/favicon-32x32.png']) {
    expect((await held.api.get(path)).status).toBe(200);
  }
  const { body } = await held.api.get('/openapi.json');
  expect(body.components.securitySchemes.accessKey).toMatchObject({ type: 'http', scheme: 'bearer' });
  for (const path of Object.values<Record<string, { operationId: string; security: object[] }>>(body.paths)) {
    for (const { operationId, security } of Object.values(path)) {
      const isOpen = MATRIX[operationId]?.may === 'strangers too';
      expect({ operationId, security }).toEqual({ operationId, security: isOpen ? [] : [{ accessKey: [] }] });
    }
  }
});

test('whatever is wrong with a key, the reply is the same', async () => {
  const replies = [];
  for (const who of STRANGERS) {
    const { status, headers, body } = await held.api.get(T, who === 'no key' ? {} : bearer(keys[who]));
    replies.push({ status, asks: headers.get('www-authenticate'), body: { ...body, traceId: '' } });
  }
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
  expect(replies[0]).toMatchObject({ status: 401, asks: 'Bearer', body: { code: 'unauthenticated' } });
});

describe('a route without a row', () => {
  const server = (environment: Record<string, string>) => {
    const settings = loadSettings({ LOG_LEVEL: 'fatal', ...environment });
    const boot = new Boot();
    const instance = createServer(settings).getInstance();
    const access = new Access(settings, createLog(settings));
    prepareServer(instance, {
      settings,
      boot,
      access,
      metrics: new Metrics(boot),
      routes: new RouteTable(),
      rates: null,
      costlyRates: null,
    });
    return instance;
  };

  test('is not registered, and the server does not start', () => {
    const instance = server({});
    expect(() => instance.get('/v1/new', () => 'in')).toThrow('GET /v1/new is not in the table of who may.');
    expect(() => instance.get('/v1/new', { config: { operationId: 'toString' } }, () => 'in')).toThrow('the table');
  });

  test('does not compile', () => {
    // @ts-expect-error It has no row.
    const operationId: OperationId = 'NewRoute';
    expect(operationId).toBe('NewRoute');
  });
});
