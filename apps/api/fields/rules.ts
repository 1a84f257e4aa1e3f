import {
  APY_MAX_PPM,
  DOMAINS,
  DURATIONS,
  FEE_MAX_BPS,
  formatDecimal,
  ID_PATTERN,
  OUTCOMES_MAX,
  OUTCOMES_MIN,
  parseDecimal,
  PAYOUT_WEIGHT_MAX,
  AMOUNT_MAX,
  MICRO_PER_UNIT,
  WORLD_EVENT_ID_MAX,
} from '#domain';
import {
  formatTenths,
  formatTime,
  isCleanText,
  isExactJson,
  isName,
  lookDifferent,
  NAME_WORDS,
  JSON_DEPTH_MAX,
  JSON_TEXT_MAX,
  millionthsOf,
  parseTime,
  tenthsOf,
} from '#presentation';
import type { FieldRule } from './rule.js';

const DECIMAL_PATTERN = '^(0|[1-9][0-9]{0,29})(\\.[0-9]{1,6})?$';
/** Longest name of an outcome. */
const OUTCOME_NAME_MAX = 100;

const isText = (value: unknown): value is string => typeof value === 'string';
const isWhole = (value: unknown, from: number, to: number): boolean =>
  Number.isInteger(value) && (value as number) >= from && (value as number) <= to;

export function id(lengthMax = 128): FieldRule {
  return {
    words: `an id: 1 to ${lengthMax} of A-Z a-z 0-9 _ - . :, the first a letter or digit`,
    test: (value) => isText(value) && value.length <= lengthMax && ID_PATTERN.test(value),
    schema: { type: 'string', pattern: ID_PATTERN.source, maxLength: lengthMax },
  };
}

/** Short enough for `MKT_{eventId}_{duration}` to be an id. */
export const worldEventId = id(WORLD_EVENT_ID_MAX);

/** A decimal text within bounds, both in millionths. */
function decimal(
  what: string,
  bounds: { readonly from: bigint; readonly to: bigint; readonly shown: string },
): FieldRule {
  return {
    words: `${what}: a decimal string with at most 6 digits after the point, ${bounds.shown}`,
    test: (value) => {
      const millionths = isText(value) ? parseDecimal(value) : undefined;
      return millionths !== undefined && millionths >= bounds.from && millionths <= bounds.to;
    },
    schema: { type: 'string', pattern: DECIMAL_PATTERN, description: bounds.shown, examples: ['250.5'] },
    canonical: (value) => formatDecimal(millionthsOf(String(value))),
  };
}

/** Money or shares that a client gives. */
export const amount = decimal('an amount', { from: 1n, to: AMOUNT_MAX, shown: 'above 0, at most 10^12' });

/** The least of something that is taken; 0 is as if it were not given. */
export const leastAmount: FieldRule = {
  ...decimal('an amount', { from: 0n, to: AMOUNT_MAX, shown: '0 (for none) to 10^12' }),
  canonical: (value) => (millionthsOf(String(value)) === 0n ? undefined : amount.canonical?.(value)),
};

export const liquidity = decimal('a liquidity', {
  from: MICRO_PER_UNIT,
  to: 1_000_000_000n * MICRO_PER_UNIT,
  shown: '1 to 10^9',
});

export const apy = decimal('a yearly rate', { from: 0n, to: BigInt(APY_MAX_PPM), shown: '0 to 1000' });

/** A share of one, such as a tension or a probability. */
export const fraction = decimal('a fraction', { from: 0n, to: MICRO_PER_UNIT, shown: '0 to 1' });

/** Virality or a threshold of it. */
export const score: FieldRule = {
  words: 'a score: a decimal string from 0 to 100 with at most one digit after the point',
  test: (value) => isText(value) && /^(?:100(?:\.0)?|[1-9]?[0-9](?:\.[0-9])?)$/.test(value),
  schema: { type: 'string', pattern: '^(100(\\.0)?|[1-9]?[0-9](\\.[0-9])?)$', examples: ['80.0'] },
  canonical: (value) => formatTenths(tenthsOf(String(value))),
};

export function wholeNumber(from: number, to: number): FieldRule {
  return {
    words: `a whole number from ${from} to ${to}`,
    test: (value) => isWhole(value, from, to),
    schema: { type: 'integer', minimum: from, maximum: to },
  };
}

export const feeBps = wholeNumber(0, FEE_MAX_BPS);

/** A JSON number; infinities, as 1e400 is read, lie outside every range. */
export function number(from: number, to: number): FieldRule {
  return {
    words: `a number from ${from} to ${to}`,
    test: (value) => typeof value === 'number' && value >= from && value <= to,
    schema: { type: 'number', minimum: from, maximum: to },
  };
}

function text(bounds: { readonly from: number; readonly to: number }): FieldRule {
  return {
    words: `a text of ${bounds.from} to ${bounds.to} characters without NUL or lone surrogates`,
    test: (value) => isCleanText(value) && isOfLength(value, bounds),
    schema: { type: 'string', minLength: bounds.from, maxLength: bounds.to },
  };
}

/** A text that is what it looks like, in one line. */
function name(bounds: { readonly from: number; readonly to: number }): FieldRule {
  const { words, test, schema } = text(bounds);
  return {
    words: `${words}, ${NAME_WORDS}`,
    test: (value) => test(value) && isName(value),
    schema: { ...schema, description: `A text ${NAME_WORDS}` },
  };
}

/** Lengths are in code points, as JSON Schema has them; nothing is counted where both ways to count say the same. */
function isOfLength(value: string, { from, to }: { readonly from: number; readonly to: number }): boolean {
  if (value.length < from || value.length > 2 * to) return false;
  if (value.length >= 2 * from && value.length <= to) return true;
  const points = [...value].length;
  return points >= from && points <= to;
}

export function texts(bounds: { readonly entriesMax: number; readonly lengthMax: number }): FieldRule {
  const entry = text({ from: 0, to: bounds.lengthMax });
  return {
    words: `a list of at most ${bounds.entriesMax} entries, each ${entry.words}`,
    test: (value) => Array.isArray(value) && value.length <= bounds.entriesMax && value.every(entry.test),
    schema: { type: 'array', maxItems: bounds.entriesMax, items: entry.schema },
  };
}

export function oneOf(...values: readonly string[]): FieldRule {
  return {
    words: `one of ${values.join(', ')}`,
    test: (value) => isText(value) && values.includes(value),
    schema: { type: 'string', enum: values },
  };
}

/** A rule with what its value does, for the OpenAPI document. */
export const described = (rule: FieldRule, description: string): FieldRule => ({
  ...rule,
  schema: { ...rule.schema, description },
});

export const domain = oneOf(...DOMAINS);
export const duration = oneOf(...DURATIONS);

export const time: FieldRule = {
  words: 'a time: ISO 8601 with Z or an offset, from 1970-01-01 to 9999-12-31',
  test: (value) => isText(value) && parseTime(value) !== undefined,
  schema: { type: 'string', format: 'date-time' },
  canonical: (value) => formatTime(parseTime(String(value)) ?? 0),
};

/** The name of an outcome that a market has or has not; those of older markets may be any text. */
export const outcomeName = text({ from: 1, to: OUTCOME_NAME_MAX });
const newOutcome = name({ from: 1, to: OUTCOME_NAME_MAX });

export const outcomes: FieldRule = {
  words:
    `a list of ${OUTCOMES_MIN} to ${OUTCOMES_MAX} names that people can tell apart, which differ in more than case and ` +
    `compatibility forms (NFKC), each ${newOutcome.words}`,
  test: (value) =>
    isListOf(value, newOutcome.test, { from: OUTCOMES_MIN, to: OUTCOMES_MAX }) &&
    lookDifferent(value as readonly string[]),
  schema: {
    type: 'array',
    description: 'No two of them may be alike but for case and compatibility forms (NFKC)',
    items: newOutcome.schema,
    minItems: OUTCOMES_MIN,
    maxItems: OUTCOMES_MAX,
    uniqueItems: true,
  },
};

export const payout: FieldRule = {
  words: `a list of ${OUTCOMES_MIN} to ${OUTCOMES_MAX} whole weights from 0 to ${PAYOUT_WEIGHT_MAX}, not all of them 0`,
  test: (value) =>
    isListOf(value, (weight) => isWhole(weight, 0, PAYOUT_WEIGHT_MAX), { from: OUTCOMES_MIN, to: OUTCOMES_MAX }) &&
    value.some((weight) => weight !== 0),
  schema: {
    type: 'array',
    items: { type: 'integer', minimum: 0, maximum: PAYOUT_WEIGHT_MAX },
    minItems: OUTCOMES_MIN,
    maxItems: OUTCOMES_MAX,
  },
};

function isListOf(
  value: unknown,
  test: (entry: unknown) => boolean,
  bounds: { readonly from: number; readonly to: number },
): value is readonly unknown[] {
  return Array.isArray(value) && value.length >= bounds.from && value.length <= bounds.to && value.every(test);
}

// How long free texts may be, in UTF-16 code units.
export const title = name({ from: 1, to: 500 });
export const description = text({ from: 0, to: 10_000 });
export const reason = name({ from: 1, to: 1_000 });
export const agentName = name({ from: 1, to: 200 });
/** Source and URL of a world event. */
export const source = text({ from: 0, to: 2_000 });

/** Names a version of a timeline. Digits alone would be read as the version itself. */
export const label: FieldRule = {
  words: `a label: ${id().words}, and not all digits`,
  test: (value) => id().test(value) && !/^[0-9]+$/.test(value as string),
  schema: { type: 'string', pattern: `^(?![0-9]+$)${ID_PATTERN.source.slice(1)}`, maxLength: 128 },
};

const VERSION_MAX = 999_999_999_999_999;
export const version = wholeNumber(1, VERSION_MAX);

/** Where a fork stands. */
export const place: FieldRule = {
  words: `a version (${version.words}) or {"label": …} with ${label.words}`,
  test: (value) =>
    version.test(value) || (isObject(value) && Object.keys(value).length === 1 && label.test(value['label'])),
  schema: {
    anyOf: [
      version.schema,
      { type: 'object', properties: { label: label.schema }, required: ['label'], additionalProperties: false },
    ],
  },
};

/** Any JSON value that comes back as it was sent. */
export const jsonValue: FieldRule = {
  words:
    `a JSON value of at most ${JSON_TEXT_MAX} characters and ${JSON_DEPTH_MAX} levels, without NUL, lone surrogates, ` +
    'numbers above 2^53 or a field named __proto__',
  test: isExactJson,
  schema: {},
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
