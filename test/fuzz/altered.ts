import { pick, type Dice } from '../dice.js';
import { encoded, inHeader, type Draft } from './draft.js';
import {
  BAD_KEYS,
  BODIES,
  CONTENT_TYPES,
  FRAGMENTS,
  HEADERS,
  IF_MATCH,
  METHODS,
  PLACES,
  QUERIES,
  SEGMENTS,
  TEXTS,
} from './hostile.js';

/** Alters something, whether the request can still be answered or not; false where there is no such thing. */
type Alteration = (draft: Draft, roll: Dice) => boolean;

const MEBIBYTE = 1_048_576;

const fragment = (roll: Dice): string => (roll(2) === 0 ? pick(roll, FRAGMENTS) : JSON.stringify(pick(roll, TEXTS)));

const field: Alteration = ({ fields }, roll) => {
  if (fields === null || fields.size === 0) return false;
  fields.set(pick(roll, [...fields.keys()]), fragment(roll));
  return true;
};

const moreFields: Alteration = ({ fields }, roll) => {
  fields?.set(pick(roll, TEXTS), fragment(roll));
  return fields !== null;
};

const body: Alteration = (draft, roll) => {
  if (draft.operation.body === null && roll(8) > 0) return false;
  const text = pick(roll, BODIES);
  draft.body = roll(3) === 0 ? JSON.stringify({ a: pick(roll, TEXTS) }) : text;
  return true;
};

const largeBody: Alteration = (draft, roll) => {
  if (draft.operation.body === null || roll(20) > 0) return false;
  const fill = pick(roll, ['x', '[', '"', ' ', '\u0000', '{"a":', '0,']);
  draft.body = fill.repeat(Math.floor((MEBIBYTE - 10 + roll(20)) / fill.length));
  return true;
};

const sameFieldTwice: Alteration = (draft, roll) => {
  if (draft.fields === null || draft.fields.size === 0) return false;
  const [name = ''] = draft.fields.keys();
  const pairs = [...draft.fields].map(([key, value]) => `${JSON.stringify(key)}:${value}`);
  draft.body = `{${[...pairs, `${JSON.stringify(name)}:${fragment(roll)}`].join(',')}}`;
  return true;
};

const segment: Alteration = (draft, roll) => {
  // What ends a timeline must not end the one that all the others are about.
  const chosen = pick(roll, draft.segments);
  const isEncoded = chosen.parameter !== null && roll(2) === 0;
  chosen.text = isEncoded
    ? encoded(pick(roll, TEXTS))
    : pick(
        roll,
        SEGMENTS.filter((text) => text !== '%54'),
      );
  return true;
};

const query: Alteration = ({ operation, query: pairs }, roll) => {
  if (operation.inQuery.length === 0 && roll(4) > 0) return false;
  const names = [...operation.inQuery.map(({ name }) => name), 'sort', 'order', 'a'];
  pairs.push(`${pick(roll, names)}=${encoded(pick(roll, TEXTS))}`);
  return true;
};

const cursor: Alteration = ({ operation, query: pairs }, roll) => {
  if (!operation.inQuery.some(({ name }) => name === 'cursor')) return false;
  pairs.push(`cursor=${Buffer.from(pick(roll, roll(2) === 0 ? PLACES : TEXTS)).toString('base64url')}`);
  return true;
};

const moreQuery: Alteration = ({ query: pairs }, roll) => {
  pairs.push(pick(roll, QUERIES));
  return true;
};

const header: Alteration = ({ headers }, roll) => {
  const [name, value] = pick(roll, HEADERS);
  headers.push([name, value]);
  return true;
};

const sameHeaderTwice: Alteration = ({ headers }, roll) => {
  if (headers.length === 0) return false;
  const [name, value] = pick(roll, headers);
  headers.push([name, roll(2) === 0 ? value : inHeader(pick(roll, TEXTS))]);
  return true;
};

const mediaType: Alteration = ({ headers }, roll) => {
  headers.push(['Content-Type', pick(roll, CONTENT_TYPES)]);
  return true;
};

const conditions: Alteration = ({ headers }, roll) => {
  if (roll(2) === 0) headers.push(['If-Match', inHeader(pick(roll, IF_MATCH))]);
  else headers.push(['Idempotency-Key', inHeader(pick(roll, [...BAD_KEYS, ...TEXTS]))]);
  return true;
};

const reason: Alteration = ({ headers }, roll) => {
  headers.push(['Seed-Reason', inHeader(pick(roll, TEXTS))]);
  return true;
};

const method: Alteration = (draft, roll) => {
  draft.method = pick(roll, METHODS);
  return true;
};

const ALTERATIONS: readonly Alteration[] = [
  ...[field, field, field, field, moreFields, body, largeBody, sameFieldTwice, segment, segment, query, query],
  ...[cursor, moreQuery, header, header, sameHeaderTwice, mediaType, conditions, reason, method],
];

/** Alters one to three things. */
export function alter(draft: Draft, roll: Dice): void {
  for (let left = 1 + roll(3); left > 0;) if (pick(roll, ALTERATIONS)(draft, roll)) left -= 1;
}
