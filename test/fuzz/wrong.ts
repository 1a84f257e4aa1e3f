import { pick, type Dice } from '../dice.js';
import { encoded, inHeader, type Draft } from './draft.js';
import { BAD_KEYS, FRAGMENTS, IF_MATCH, NEVER_RIGHT, TEXTS } from './hostile.js';
import { resolved, type Reference, type Schema } from './reference.js';

/** Alters one thing so that the request has to be refused; false where the route has no such thing. */
type Break = (draft: Draft, of: { readonly roll: Dice; readonly reference: Reference }) => boolean;

const SAYS_NUL = '"\\u0000"';

const isDecimal = (schema: Schema): boolean => typeof schema['description'] === 'string';

/** JSON that no value of the schema is; undefined where anything will do. */
function wrongFor(given: Schema, { roll, reference }: { roll: Dice; reference: Reference }): string | undefined {
  const schema = resolved(reference, given);
  switch (schema['type']) {
    case 'string':
      return pick(roll, ['5', 'null', '[]', '{}', 'true', '1e400', SAYS_NUL, '"\\ud800"', ...wrongTexts(schema)]);
    case 'integer':
      return pick(roll, ['null', '"1"', '1.5', '1e400', '[]', '{}', '-9007199254740993', '9007199254740993', 'true']);
    case 'number':
      return pick(roll, ['null', '"1"', '1e400', '-1e400', '[]', '{}', '1e308', 'true']);
    case 'boolean':
      return pick(roll, ['null', '"true"', '1', '[]']);
    case 'array':
      return pick(roll, ['null', '{}', '"x"', '[null]', '[{}]', '[[]]', '5', '[1e400]']);
    case 'object':
      return pick(roll, ['null', '[]', '"x"', '5', 'true', '{"a b":1}', '{"__proto__":{"a":1}}']);
    default:
      return schema['anyOf'] === undefined ? undefined : pick(roll, ['null', '"x"', '[]', 'true', '1.5', '{}', '-1']);
  }
}

/** Texts that the schema forbids by its pattern, its values, its length or its format. */
function wrongTexts(schema: Schema): readonly string[] {
  const {
    pattern,
    enum: values,
    maxLength = Infinity,
    format,
  } = schema as {
    pattern?: string;
    enum?: readonly string[];
    maxLength?: number;
    format?: string;
  };
  const isWrong = (text: string): boolean =>
    format === 'date-time' ||
    (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) ||
    (values !== undefined && !values.includes(text)) ||
    text.length > maxLength;
  const texts = [...TEXTS, ...(isDecimal(schema) ? ['1.0000001', '01', '1,5', '+1', ' 1', '1 '] : [])];
  return [...texts, 'x'.repeat(10_001)].filter(isWrong).map((text) => JSON.stringify(text));
}

const fieldOfWrongType: Break = ({ operation, fields }, of) => {
  const schema = operation.body && resolved(of.reference, operation.body.schema);
  const properties = Object.entries((schema?.['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  if (fields === null || properties.length === 0) return false;
  const [name, field] = pick(of.roll, properties);
  const fragment = wrongFor(field, of);
  if (fragment !== undefined) fields.set(name, fragment);
  return fragment !== undefined;
};

const entryOfWrongType: Break = ({ operation, fields }, { roll }) => {
  if (operation.id !== 'SubmitBatch' || fields === null) return false;
  const entry = pick(roll, [
    ...[
      'null',
      '5',
      '[]',
      '{}',
      '{"type":"toString","data":{}}',
      '{"type":"__proto__"}',
      '{"type":"CreateTimeline","data":{}}',
    ],
    ...['{"type":"DistributeYield","data":{"x":1}}', '{"type":"DistributeYield","idempotencyKey":""}'],
    ...['{"type":"DepositFunds","data":{"agentId":"ann","amount":"-1"}}', '{"type":"DepositFunds","data":[]}'],
    '{"type":"SaveDocument","data":{"name":"d","text":"{"}}',
    ...FRAGMENTS.map((value) => `{"type":"DepositFunds","data":{"agentId":"ann","amount":${value}}}`),
    ...NEVER_RIGHT.map((text) => `{"type":"RegisterAgent","data":{"agentId":${JSON.stringify(text)}}}`),
    ...NEVER_RIGHT.map((text) => `{"type":${JSON.stringify(text)},"data":{}}`),
  ]);
  fields.set('commands', `[{"type":"DistributeYield","data":{}},${entry}]`);
  return true;
};

const unknownField: Break = (draft, { roll }) => {
  const isCommand = draft.operation.headers.has('If-Match') && draft.operation.id !== 'SaveDocument';
  if (draft.fields === null && !isCommand) return false;
  draft.fields ??= new Map();
  if (!draft.headers.some(([name]) => name === 'Content-Type'))
    draft.headers.push(['Content-Type', 'application/json']);
  draft.fields.set(
    pick(
      roll,
      TEXTS.filter((text) => text.length < 200),
    ),
    pick(roll, FRAGMENTS),
  );
  return true;
};

const requiredFieldMissing: Break = ({ operation, fields }, { roll, reference }) => {
  const { required = [] } = resolved(reference, operation.body?.schema ?? {}) as { required?: readonly string[] };
  return fields !== null && required.length > 0 && fields.delete(pick(roll, required));
};

const bodyOfWrongKind: Break = (draft, { roll }) => {
  if (draft.fields === null) return false;
  draft.body = pick(roll, [
    ...[
      '[]',
      '5',
      '"x"',
      'true',
      '{',
      '{"a":',
      '}',
      '{"x y":1}',
      '\ufeff\ufeff{}',
      '{"__proto__":{"name":"x"}}',
      '[[[]]]',
    ],
    ...['['.repeat(10_000) + ']'.repeat(10_000), '{"a":NaN}', "{'a':1}", 'a=b', '<a/>'],
    ...[
      Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22]),
      Buffer.from('{}', 'utf16le'),
      Buffer.from([0x1f, 0x8b, 8, 0]),
    ],
  ]);
  return true;
};

const documentThatIsNone: Break = (draft, { roll }) => {
  if (draft.operation.id !== 'SaveDocument') return false;
  draft.body = pick(roll, [
    ...[
      '',
      '{',
      '{"a":1,}',
      '"\\ud800"',
      '{"__proto__":1}',
      '{"a":{"__proto__":[]}}',
      'undefined',
      '{"a":"\\x"}',
      '01',
      "'a'",
    ],
    ...['['.repeat(10_000) + ']'.repeat(10_000), '\ufeff\ufeff{}'],
    ...[Buffer.from([0x22, 0xc0, 0xaf, 0x22]), Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ]);
  return true;
};

const archiveThatIsNone: Break = (draft, { roll }) => {
  const { body } = draft;
  if (draft.operation.id !== 'ImportArchive' || !Buffer.isBuffer(body)) return false;
  const flipped = Buffer.from(body);
  const at = 40 + roll(body.length - 60);
  flipped[at] = (flipped[at] ?? 0) ^ (1 + roll(255));
  draft.body = pick(roll, [flipped, body.subarray(0, roll(body.length)), Buffer.from('no archive'), Buffer.alloc(0)]);
  return true;
};

const mediaType: Break = (draft, { roll }) => {
  if (draft.operation.body === null) return false;
  const header = draft.headers.find(([name]) => name === 'Content-Type');
  if (header === undefined) return false;
  header[1] = pick(roll, [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'text/json',
    'a/b',
    'json',
  ]);
  return true;
};

const fieldTwice: Break = (draft, { roll }) => {
  const { fields } = draft;
  if (fields === null || fields.size === 0) return false;
  const pairs = [...fields].map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  const [name = '', value = 'null'] = pick(roll, [...fields]);
  const first = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
  const again = pick(roll, [JSON.stringify(name), `"${first}"`]);
  draft.body = `{${[...pairs, `${again}:${pick(roll, [value, 'null', '[]'])}`].join(',')}}`;
  return true;
};

const contentEncoding: Break = (draft, { roll }) => {
  if (draft.operation.body === null) return false;
  // Behind the last of these is what is no gzip.
  draft.headers.push(['Content-Encoding', pick(roll, ['br', 'deflate', 'zstd', 'gzip, gzip', 'x', 'gzip'])]);
  return true;
};

const headerTwice: Break = ({ operation, headers }, { roll }) => {
  if (!operation.headers.has('Idempotency-Key')) return false;
  headers.push(['Idempotency-Key', 'a'], [pick(roll, ['Idempotency-Key', 'idempotency-key']), pick(roll, ['a', 'b'])]);
  return true;
};

const bodyTooLarge: Break = (draft, { roll }) => {
  if (draft.fields === null || roll(40) > 0) return false;
  const isLarge = ['SubmitBatch', 'ImportLegacy'].includes(draft.operation.id);
  if (isLarge && roll(20) > 0) return false;
  const bytes = draft.operation.id === 'ImportLegacy' ? 68_000_000 : isLarge ? 17_000_000 : 1_100_000;
  draft.body = `{"x":"${'x'.repeat(bytes)}"}`;
  return true;
};

const pathThatNamesNothing: Break = ({ segments, operation }, { roll }) => {
  const named = segments.filter(({ parameter }) => parameter !== null);
  if (named.length === 0) return false;
  const segment = pick(roll, named);
  segment.text = pick(roll, [
    ...NEVER_RIGHT.map(encoded),
    '%00',
    '%FF',
    '%C0%AF',
    encoded('a b'),
    'x'.repeat(129),
    '%2F..',
  ]);
  return operation.id !== 'GetProblem' || segment.parameter !== null;
};

const queryOfWrongKind: Break = ({ operation, query }, { roll }) => {
  if (operation.inQuery.length === 0) return false;
  const { name } = pick(roll, operation.inQuery);
  const others = query.filter((pair) => !pair.startsWith(`${name}=`));
  query.splice(0, query.length, ...others, `${name}=${encoded(pick(roll, NEVER_RIGHT))}`);
  return true;
};

const unknownQuery: Break = ({ operation, query }, { roll }) => {
  // What else a probe brings is its own affair.
  if (operation.inQuery.length === 0 || operation.id === 'GetReadiness') return false;
  query.push(
    pick(roll, ['__proto__=1', 'constructor=1', 'sort=name', "order=1'--", 'toString=1', 'a[b]=c', 'limit[]=1']),
  );
  return true;
};

const ifMatch: Break = ({ operation, headers }, { roll }) => {
  if (!operation.headers.has('If-Match')) return false;
  const others = headers.filter(([name]) => name !== 'If-Match');
  headers.splice(0, headers.length, ...others, [
    'If-Match',
    inHeader(
      pick(
        roll,
        IF_MATCH.filter((tag) => tag.trim() !== '"1"'),
      ),
    ),
  ]);
  return true;
};

const idempotencyKey: Break = ({ operation, headers }, { roll }) => {
  if (!operation.headers.has('Idempotency-Key')) return false;
  const others = headers.filter(([name]) => name !== 'Idempotency-Key');
  headers.splice(0, headers.length, ...others, ['Idempotency-Key', inHeader(pick(roll, BAD_KEYS))]);
  return true;
};

const unknownPath: Break = (draft, { roll }) => {
  draft.segments.push({
    parameter: null,
    text: pick(roll, ['zz', '%00', encoded("'--"), '..', '%2e%2e', '', 'x'.repeat(1_025)]),
  });
  return true;
};

const BREAKS: readonly Break[] = [
  ...[fieldOfWrongType, fieldOfWrongType, fieldOfWrongType, entryOfWrongType, entryOfWrongType, unknownField],
  ...[requiredFieldMissing, bodyOfWrongKind, documentThatIsNone, archiveThatIsNone, mediaType, bodyTooLarge],
  ...[fieldTwice, contentEncoding, headerTwice],
  ...[
    pathThatNamesNothing,
    pathThatNamesNothing,
    queryOfWrongKind,
    queryOfWrongKind,
    unknownQuery,
    ifMatch,
    idempotencyKey,
  ],
];

/** Makes it a request that has to be refused, whatever the state is. */
export function breakOneThing(draft: Draft, of: { readonly roll: Dice; readonly reference: Reference }): void {
  for (let tries = 0; tries < 20; tries += 1) if (pick(of.roll, BREAKS)(draft, of)) return;
  unknownPath(draft, of);
}
