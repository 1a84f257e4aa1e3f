/** Units of the economy. Everything is integer arithmetic; decimal text exists only at the edge. */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** Millionths of a unit of money, or of a share. */
export type Micro = Branded<bigint, 'micro'>;

/** A `Micro` in a stored event: an integer in decimal digits. */
export type MicroText = Branded<string, 'micro-text'>;

/** Micro-units in one unit of money. */
export const MICRO_PER_UNIT = 1_000_000n;
/** Parts per million in one: rates, prices, probabilities. */
export const PPM = 1_000_000;
/** The largest amount a client may give: 10¹² units. */
export const AMOUNT_MAX = micro(1_000_000_000_000n * MICRO_PER_UNIT);
/** 9999-12-31T23:59:59.999Z, the last time of any timeline. */
export const TIME_MAX_MS = 253_402_300_799_999;
/** The highest rate, 1000 a year, in ppm. */
export const APY_MAX_PPM = 1_000 * PPM;

/** No money. */
export const ZERO = micro(0n);

/** Marks an integer as micro-units. */
export function micro(value: bigint): Micro {
  return value as Micro;
}

export const sum = (a: Micro, b: Micro): Micro => (a + b) as Micro;
export const difference = (a: Micro, b: Micro): Micro => (a - b) as Micro;
/** Micro-units as a stored event has them. */
export const toText = (amount: Micro): MicroText => amount.toString() as MicroText;
/** Micro-units out of a stored event. */
export const fromText = (text: MicroText): Micro => BigInt(text) as Micro;

export const ceilDiv = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator;

const DECIMAL = /^(0|[1-9][0-9]{0,29})(?:\.([0-9]{1,6}))?$/;

/** Decimal text with at most 6 digits after the point, no sign, no exponent → millionths; undefined if it is not that. */
export function parseDecimal(text: string): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, whole = '0', fraction = ''] = match;
  return BigInt(whole) * MICRO_PER_UNIT + BigInt(fraction.padEnd(6, '0'));
}

/** Millionths → the shortest decimal text: `250500000n` → `250.5`. */
export function formatDecimal(millionths: bigint): string {
  const sign = millionths < 0n ? '-' : '';
  const magnitude = millionths < 0n ? -millionths : millionths;
  const whole = magnitude / MICRO_PER_UNIT;
  const fraction = magnitude % MICRO_PER_UNIT;
  if (fraction === 0n) return `${sign}${whole}`;
  return `${sign}${whole}.${fraction.toString().padStart(6, '0').replace(/0+$/, '')}`;
}

/** The id of an agent, parsed. */
export type AgentId = Branded<string, 'agent-id'>;
/** The id of a market, parsed. */
export type MarketId = Branded<string, 'market-id'>;
/** The id of an event of the world, parsed. */
export type WorldEventId = Branded<string, 'world-event-id'>;
/** The name of a document, parsed. */
export type DocumentName = Branded<string, 'document-name'>;

/** What every id looks like. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.:]{0,127}$/;
/** Short enough that `MKT_{eventId}_{duration}` is an id too. */
export const WORLD_EVENT_ID_MAX = 114;

const parse = (text: string, lengthMax: number): string | undefined =>
  text.length <= lengthMax && ID_PATTERN.test(text) ? text : undefined;

/** An agent's id; undefined if the text is none. */
export const parseAgentId = (text: string): AgentId | undefined => parse(text, 128) as AgentId | undefined;
/** A market's id; undefined if the text is none. */
export const parseMarketId = (text: string): MarketId | undefined => parse(text, 128) as MarketId | undefined;
/** A document's name; undefined if the text is none. */
export const parseDocumentName = (text: string): DocumentName | undefined =>
  parse(text, 128) as DocumentName | undefined;
/** The id of an event of the world; undefined if the text is none. */
export const parseWorldEventId = (text: string): WorldEventId | undefined =>
  parse(text, WORLD_EVENT_ID_MAX) as WorldEventId | undefined;
