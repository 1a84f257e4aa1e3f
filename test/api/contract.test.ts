import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestApi, type Reply, type TestApi } from './api.js';
import { breaches } from './schema-check.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 3_000);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

let api: TestApi;
let reference: Reply['body'];

beforeAll(async () => {
  api = await openTestApi();
  await api.createVirtual('T');
  reference = (await api.get('/openapi.json')).body;
});

afterAll(() => api.stop());

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly of: Reply['body'];
}

const operations = (): readonly Operation[] =>
  Object.entries<Record<string, Reply['body']>>(reference.paths)
    .filter(([path]) => !path.endsWith('/stream') && path !== '/metrics')
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, of]) => ({ method: method.toUpperCase(), path, of })),
    );

/** mulberry32: small, seeded, good enough to pick cases with. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * sides);
  };
}

const QUOTES = [
  "'; drop table event; --",
  '"',
  "\\'",
  '\\x27',
  '%27',
  '${1}',
  '{{7*7}}',
  '../../etc',
  '\u0000',
  '\ud800',
  '\u2028',
  '',
];
const NASTY: readonly unknown[] = [
  ...[...QUOTES, 'x'.repeat(20_000), null, true, 0, -1, 1.5, 2 ** 53 + 1, 1e308, [], {}, [[[]]], [null], { a: 1 }],
  ...['__proto__', 'constructor', '-0', '1e3', '0x10', 'NaN', 'Infinity', '999999999999999999999999999999'],
];
const USUAL: Readonly<Record<string, readonly unknown[]>> = {
  timeline: ['T'],
  agentId: ['ann', 'bob', 'eve'],
  from: ['ann', '1', '4'],
  to: ['bob', '1970-01-01T01:00:00Z', '6'],
  points: ['2', '9'],
  other: ['T', 'F1', 'F2'],
  marketId: ['m', 'n', 'MKT_e_micro'],
  eventId: ['e', 'f'],
  name: ['d', 'T', ...Array.from({ length: 50 }, (_, i) => `F${i}`)],
  title: ['Rain?', 'breaking election'],
  outcome: ['YES', 'NO'],
  amount: ['1', '0.5', '100', '1000000000000'],
  deposit: ['1000', '1000000000000'],
  shares: ['1', '0.000001'],
  payout: [
    [1, 0],
    [1, 1],
  ],
  outcomes: [
    ['YES', 'NO'],
    ['YES', 'NO', 'MAYBE'],
  ],
  expiresAt: ['1971-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'],
  byMs: [1, 1_000, 86_400_000],
  apy: ['0.05', '1000', '0'],
  side: ['buy', 'sell'],
  reason: ['never asked'],
  mode: ['verify', 'rebuild'],
  clock: ['virtual', 'wall'],
  limit: ['1', '1000'],
  socialVolume: [1_000_000_000],
  sentiment: [-1, 0.25, 1],
  full: ['true'],
  expect: [`1:${'0'.repeat(64)}`, `5:${'a'.repeat(64)}`],
  fork: Array.from({ length: 50 }, (_, i) => `F${i}`),
  type: ['BetPlaced'],
  after: ['0', '5'],
  minVersion: ['1'],
  appendLines: [['a', 'b']],
  files: [{ 'economy_state.json': '{"apy":0.05,"last_payout":0,"stakes":{"a":1}}' }, { x: 'y' }],
  at: [1, 5, { label: 'L' }, '1970-01-01T00:00:00Z'],
  label: ['L', 'M', 'N'],
  version: [1, 3, 5],
  result: ['a', 1.5, { b: [null] }],
  commands: [[{ type: 'RegisterAgent', data: { agentId: 'ann', deposit: '5000' } }], [{ type: 'PlaceBet' }]],
};

test(
  `${REQUESTS} requests of all kinds have no 5xx and only replies that the reference describes (seed ${SEED})`,
  async () => {
    const roll = dice(SEED);
    const pick = <T>(values: readonly T[]): T => values[roll(values.length)] as T;
    const valueOf = (name: string): unknown => (roll(8) === 0 ? pick(NASTY) : pick(USUAL[name] ?? NASTY));
    const all = operations();
    const statuses = new Map<number, number>();
    for (let i = 0; i < REQUESTS; i += 1) {
      const operation = pick(all);
      const request = requestFor(operation, { valueOf, roll });
      const reply = await api.call(operation.method, request.path, request.body, request.headers);
      const said = `${operation.method} ${request.path} ${request.body?.slice(0, 500)} → ${reply.status} ${reply.text.slice(0, 500)}`;
      if (breachOf(operation, reply).length > 0) throw new Error(`${breachOf(operation, reply).join('\n')}\n${said}`);
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
    }
    // A run that was refused throughout would prove nothing.
    expect(statuses.get(200) ?? 0).toBeGreaterThan(REQUESTS / 20);
    expect(statuses.get(400) ?? 0).toBeGreaterThan(REQUESTS / 20);
    expect(statuses.get(409) ?? 0).toBeGreaterThan(0);
  },
  60_000 + REQUESTS * 20,
);

interface Chance {
  readonly valueOf: (name: string) => unknown;
  readonly roll: (sides: number) => number;
}

/** What ends a timeline must not end the one that all the others are about. */
const isLast = (method: string, path: string): boolean =>
  /\/(complete|archive)$/.test(path) || (method === 'DELETE' && path.endsWith('{timeline}'));

function requestFor({ method, path, of }: Operation, { valueOf, roll }: Chance) {
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let filled = path;
  for (const { name, in: place } of of.parameters ?? []) {
    if (place === 'path') filled = filled.replace(`{${name}}`, encoded(valueOf(isLast(method, path) ? 'fork' : name)));
    else if (place === 'query' && roll(4) === 0) query.append(name, String(valueOf(name)));
    else if (name === 'Idempotency-Key' && roll(4) === 0) headers[name] = `k${roll(50)}`;
    else if (name === 'If-Match' && roll(10) === 0) headers[name] = pickTag(roll);
  }
  const schema = of.requestBody?.content['application/json']?.schema;
  const fields = Object.entries<unknown>(resolved(schema)?.properties ?? {});
  const required: readonly string[] = resolved(schema)?.required ?? [];
  const body = Object.fromEntries(
    fields
      .filter(([name]) => roll(20) > 0 && (required.includes(name) || roll(3) === 0))
      .map(([name]) => [name, valueOf(name)]),
  );
  const text = query.size === 0 ? filled : `${filled}?${query.toString()}`;
  return {
    path: text,
    headers,
    ...(schema !== undefined && { body: JSON.stringify(roll(50) === 0 ? valueOf('body') : body) }),
  };
}

const pickTag = (roll: (sides: number) => number): string => (roll(2) === 0 ? '"3"' : 'nonsense');

const encoded = (value: unknown): string => {
  try {
    return encodeURIComponent(typeof value === 'string' ? value.slice(0, 2_000) : String(value));
  } catch {
    return '%ED%A0%80';
  }
};

function resolved(schema: Reply['body']): Reply['body'] {
  const reference_: string | undefined = schema?.$ref;
  return reference_ === undefined ? schema : reference.components.schemas[reference_.split('/').at(-1) ?? ''];
}

/** How a reply breaks the contract: by its status, its media type or its body. */
function breachOf({ of }: Operation, reply: Reply): readonly string[] {
  if (reply.status >= 500) return [`status ${reply.status}`];
  const isProblem = reply.status >= 400;
  const described = of.responses[isProblem ? 'default' : String(reply.status)];
  if (described === undefined) return [`status ${reply.status} is not described`];
  if (described.content === undefined) return reply.text === '' ? [] : ['it has a body'];
  const [mediaType, { schema }] = Object.entries<Reply['body']>(described.content)[0] ?? ['', {}];
  if (!(reply.headers.get('content-type') ?? '').startsWith(mediaType)) return [`it is not ${mediaType}`];
  return breaches(reply.body, schema, reference);
}
