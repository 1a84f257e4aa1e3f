import { pick, type Dice } from '../dice.js';
import { resolved, type Reference, type Schema } from './reference.js';

// What an honest client sends, drawn so that what it names mostly exists.

/** Ids that only a running server can tell. */
export interface KnownIds {
  readonly keyIds: readonly string[];
  readonly replayIds: readonly string[];
}

const numbered = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Timelines that may be completed, archived and removed; `T` and `KEPT`, a fork of it, stay. */
const FORKS = numbered('F', 30);
const TIMES = [
  '1970-01-01T00:00:00Z',
  '1970-01-01T01:00:00Z',
  '1971-06-01T12:00:00.5+02:00',
  '9999-12-31T23:59:59.999Z',
];

/** By the name of a field or parameter; what is not here is drawn by its schema. */
const USUAL: Readonly<Record<string, readonly unknown[]>> = {
  timeline: ['T', 'T', 'T', 'T', 'T', 'T', 'KEPT', 'REALITY', 'F0', 'F1', 'gone'],
  other: ['T', 'KEPT', 'F0', 'F1', 'REALITY'],
  agentId: ['ann', 'bob', 'eve', ...numbered('a', 20)],
  from: ['ann', 'bob', 'eve'],
  to: ['bob', 'ann', 'a1'],
  marketId: ['m', 'n', ...numbered('m', 60)],
  eventId: ['e', ...numbered('e', 60)],
  name: ['d', ...numbered('d', 8)],
  outcome: ['YES', 'NO'],
  amount: ['1', '0.5', '2', '10', '1000000000000', '1.000000'],
  deposit: ['1000', '1', '1000000000000'],
  shares: ['1', '0.000001'],
  minShares: ['0', '0.000001', '1000'],
  minPayout: ['0.0', '0.000001', '1000'],
  payout: [
    [1, 0],
    [1, 1],
    [0, 1],
  ],
  outcomes: [
    ['YES', 'NO'],
    ['YES', 'NO', 'MAYBE'],
  ],
  expiresAt: ['1971-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'],
  publishedAt: TIMES,
  startAt: ['1970-01-01T00:00:00Z', '1970-01-01t01:00:00+0100'],
  byMs: [1, 1_000, 60_000],
  apy: ['0.05', '1000', '0'],
  cursor: ['YW5u', 'bQ', 'MA', 'NQ'],
  limit: ['1', '5', '1000'],
  points: ['2', '9', '1000'],
  after: ['0', '5', '100'],
  minVersion: ['1'],
  at: ['1', '5', '1970-01-01T00:00:00Z'],
  version: ['1', '3', '5'],
  type: ['BetPlaced', 'BetPlaced,AgentRegistered'],
  label: ['L', 'M', ...numbered('l', 20)],
  expect: [`1:${'0'.repeat(64)}`],
  code: ['fault', 'malformed-input', 'gone'],
  rename: ['T=ARCHIVED', 'SMALL=SMALL2'],
  graceMs: [0, 1_000],
  timelines: [['T'], ['F*', 'T']],
  files: [{ 'economy_state.json': '{"apy":0.05,"last_payout":0,"stakes":{"a":1}}' }],
  text: ['{"a":[1,2.50,null]}', '"x"', '[]'],
  idempotencyKey: numbered('entry', 200),
};

/** The same name elsewhere means something else. */
const USUAL_IN: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  AdvanceClock: { to: ['1970-01-01T01:00:00Z', '1970-01-01T02:00:00Z'] },
  StartReplay: { to: [1, 5] },
  GetBalanceSeries: { from: ['1', '1970-01-01T00:00:00Z'], to: ['5', '9'] },
  GetPriceSeries: { from: ['1', '1970-01-01T00:00:00Z'], to: ['5', '9'] },
  ForkTimeline: { name: FORKS, at: [1, 5, { label: 'L' }] },
  PutLabel: { version: [1, 3, 5] },
  CreateMarket: { eventId: ['e', 'e', 'gone'] },
  CreateTimeline: { name: FORKS },
  ImportLegacy: { timeline: FORKS },
  CreateKey: { name: ['a key'], expiresAt: ['9999-01-01T00:00:00Z'] },
  RotateKey: { expiresAt: ['9999-01-01T00:00:00Z'] },
  CompleteTimeline: { timeline: FORKS },
  ArchiveTimeline: { timeline: FORKS },
  // Few, so that both are often the same.
  RemoveTimeline: { timeline: FORKS.slice(0, 3), confirm: FORKS.slice(0, 3) },
  ExportArchive: { timeline: ['SMALL', 'SMALL', 'SMALL', 'gone'] },
};

/** Draws values that a route takes. */
export class Honest {
  readonly #roll: Dice;
  readonly #reference: Reference;
  readonly #known: KnownIds;

  constructor(roll: Dice, reference: Reference, known: KnownIds) {
    this.#roll = roll;
    this.#reference = reference;
    this.#known = known;
  }

  /** A value for a parameter of the path or the query, not encoded. */
  text(operationId: string, name: string, schema: Schema): string {
    if (name === 'keyId') return pick(this.#roll, [...this.#known.keyIds, 'gone']);
    if (name === 'id') return pick(this.#roll, [...this.#known.replayIds, 'gone']);
    const value = this.#value(operationId, name, schema);
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  /** JSON for a field. */
  fragment(operationId: string, name: string, given: Schema): string {
    const schema = resolved(this.#reference, given);
    const isNested = schema['properties'] !== undefined;
    if (isNested) return textOf(this.fields(operationId, schema));
    return JSON.stringify(this.#value(operationId, name, schema));
  }

  /** The fields of an object, as JSON: what is required, and some of the rest. */
  fields(operationId: string, given: Schema): Map<string, string> {
    const schema = resolved(this.#reference, given);
    const { properties = {}, required = [] } = schema as {
      properties?: Record<string, Schema>;
      required?: readonly string[];
    };
    const fields = new Map<string, string>();
    for (const [name, field] of Object.entries(properties)) {
      if (!required.includes(name) && this.#roll(3) > 0) continue;
      fields.set(name, name === 'commands' ? this.#commands() : this.fragment(operationId, name, field));
    }
    return fields;
  }

  #commands(): string {
    const { schemas } = this.#reference.root['components'] as { schemas: Record<string, Schema> };
    const types = batchTypes(schemas['Batch'] ?? {});
    const entries = Array.from({ length: 1 + this.#roll(4) }, () => {
      const type = pick(this.#roll, types);
      const key = this.#roll(4) === 0 ? `"idempotencyKey":"entry${this.#roll(200)}",` : '';
      return `{"type":"${type}",${key}"data":${textOf(this.fields(type, schemas[type] ?? {}))}}`;
    });
    return `[${entries.join(',')}]`;
  }

  #value(operationId: string, name: string, schema: Schema): unknown {
    const usual = USUAL_IN[operationId]?.[name] ?? USUAL[name];
    return usual === undefined ? bySchema(schema, this.#roll) : pick(this.#roll, usual);
  }
}

const batchTypes = (batch: Schema): readonly string[] => {
  const { commands } = batch['properties'] as { commands: { items: { oneOf: readonly Schema[] } } };
  return commands.items.oneOf.map((entry) => (entry['properties'] as { type: { const: string } }).type.const);
};

/** An object of JSON fields as it is sent. */
export const textOf = (fields: ReadonlyMap<string, string>): string =>
  `{${[...fields].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;

function bySchema(schema: Schema, roll: Dice): unknown {
  const {
    type = 'any',
    minimum = 0,
    examples,
    items,
  } = schema as {
    type?: string;
    minimum?: number;
    examples?: readonly unknown[];
    items?: Schema;
  };
  if (schema['enum'] !== undefined) return pick(roll, schema['enum'] as readonly unknown[]);
  if (examples !== undefined) return pick(roll, examples);
  switch (type) {
    case 'integer':
    case 'number':
      return minimum + roll(2);
    case 'boolean':
      return roll(2) === 0;
    case 'array':
      return [bySchema(items ?? {}, roll)];
    case 'string':
      return schema['format'] === 'date-time' ? pick(roll, TIMES) : pick(roll, ['x', 'Rain?', 'breaking election']);
    default:
      return pick(roll, [{ a: [1, null, 'x'] }, 'x', 1.5, null, []]);
  }
}
