import { DOCUMENT_DEPTH_MAX, DOCUMENT_MAX_BYTES, utf8Length } from '../documents/state.js';
import type { DomainEvent, EventType } from '../events.js';
import { FEE_MAX_BPS, OUTCOMES_MAX, OUTCOMES_MIN, PAYOUT_WEIGHT_MAX } from '../markets/defaults.js';
import { DOMAINS, DURATIONS } from '../orchestrator/state.js';
import { VIRALITY_MAX_TENTHS } from '../orchestrator/virality.js';
import type { ReadableState } from '../state.js';
import { APY_MAX_PPM, fromText, ID_PATTERN, PPM, TIME_MAX_MS, WORLD_EVENT_ID_MAX, type MarketId } from '../units.js';

// What the fields of stored events may hold so that a state can be shown and decided on. No build ever wrote anything else:
// these bounds are those of the edge, wide enough for what the deciders make of it and for the data of the old system.

/** A rule that a field of a stored event keeps. */
interface Bound {
  /** What is meant, in words that complete "is not …". */
  readonly words: string;
  readonly test: (value: unknown) => boolean;
}

type BoundsOf<Data> = { readonly [Field in keyof Data]-?: Bound };

const isText = (value: unknown): value is string => typeof value === 'string' && !/[\0\p{Surrogate}]/u.test(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const id = (lengthMax = 128): Bound => ({
  words: 'an id',
  test: (value) => typeof value === 'string' && value.length <= lengthMax && ID_PATTERN.test(value),
});

/** Edges count units of UTF-16 or code points, of which the longest has two. */
const text = (lengthMax: number): Bound => ({
  words: `a text of at most ${lengthMax} characters without NUL or lone surrogates`,
  test: (value) => isText(value) && value.length <= 2 * lengthMax,
});

/** The old system's texts have no limit but that of the request that brought them. */
const anyText: Bound = { words: 'a text without NUL or lone surrogates', test: isText };

const whole = (from: number, to: number): Bound => ({
  words: `a whole number from ${from} to ${to}`,
  test: (value) => Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to,
});

const oneOf = (...values: readonly unknown[]): Bound => ({
  words: `one of ${values.join(', ')}`,
  test: (value) => values.includes(value),
});

const nullOr = ({ words, test }: Bound): Bound => ({
  words: `null or ${words}`,
  test: (value) => value === null || test(value),
});

const optional = ({ words, test }: Bound): Bound => ({ words, test: (value) => value === undefined || test(value) });

const list = ({ words, test }: Bound, from = 0, to = Number.MAX_SAFE_INTEGER): Bound => ({
  words: `a list of ${from} to ${to}, each ${words}`,
  test: (value) => Array.isArray(value) && value.length >= from && value.length <= to && value.every(test),
});

const fields = <Data>(bounds: BoundsOf<Data>): Bound => ({
  words: `an object with ${Object.keys(bounds).join(', ')} in their bounds`,
  test: (value) => isObject(value) && faultIn(value, bounds) === undefined,
});

/** Sums and products of what clients may give stay far below: 10^15 events of 10^18 micro-units make 33 digits. */
const DIGITS_MAX = 40;
const digits = new RegExp(`^(?:0|[1-9][0-9]{0,${DIGITS_MAX - 1}})$`);
const amount: Bound = {
  words: `an amount: a whole number of micro-units in at most ${DIGITS_MAX} digits`,
  test: (value) => typeof value === 'string' && value.length <= DIGITS_MAX && digits.test(value),
};

const json: Bound = {
  words: `a JSON value of at most ${DOCUMENT_DEPTH_MAX} levels, without NUL, lone surrogates or infinite numbers`,
  test: (value) => isJson(value, DOCUMENT_DEPTH_MAX),
};

function isJson(value: unknown, depth: number): boolean {
  if (depth < 0) return false;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return isText(value);
  if (Array.isArray(value)) return value.every((entry) => isJson(entry, depth - 1));
  if (!isObject(value)) return value === null || typeof value === 'boolean';
  return Object.entries(value).every(([name, entry]) => isText(name) && isJson(entry, depth - 1));
}

const agentId = id();
const marketId = id();
const documentName = id();
const eventId = id(WORLD_EVENT_ID_MAX);
const time = whole(0, TIME_MAX_MS);
const ppm = whole(0, PPM);
const apyPpm = whole(0, APY_MAX_PPM);
const feeBps = whole(0, FEE_MAX_BPS);
const tenths = whole(0, VIRALITY_MAX_TENTHS);
const count = whole(0, Number.MAX_SAFE_INTEGER);
const outcome = whole(0, OUTCOMES_MAX - 1);
const domain = oneOf(...DOMAINS);
const duration = oneOf(...DURATIONS);
const clock = oneOf('wall', 'virtual');
const reason = text(1_000);
/** An input of virality, in millionths: a client gives 10^9 at most. */
const input = whole(0, 1_000_000_000 * PPM);
const payouts = list(fields({ agentId, amount }));
const agentAmount = { agentId, amount };

const settings = {
  reactAtTenths: tenths,
  autoMarketAtTenths: tenths,
  tickSeconds: whole(1, 86_400),
  liquidity: amount,
  feeBps,
};

const terms = {
  marketId,
  eventId: nullOr(eventId),
  domain,
  duration,
  liquidity: amount,
  feeBps,
  expiresAtMs: time,
  viralityTenths: nullOr(tenths),
};

const trade = {
  marketId,
  agentId,
  outcome,
  fee: amount,
  shares: amount,
  priceBeforePpm: ppm,
  priceAfterPpm: ppm,
};

const BOUNDS: { readonly [Type in EventType]: BoundsOf<Extract<DomainEvent, { readonly type: Type }>['data']> } = {
  AgentRegistered: { agentId, name: text(200) },
  ApyChanged: { apyPpm },
  BetPlaced: { ...trade, amount },
  ClockAdvanced: { toMs: time },
  DocumentRemoved: { name: documentName },
  DocumentSaved: { name: documentName, text: anyText },
  FundsDeposited: agentAmount,
  FundsTransferred: { from: agentId, to: agentId, amount },
  FundsWithdrawn: agentAmount,
  LegacyEconomyImported: { apyPpm, lastPayoutMs: time, totalDistributed: amount },
  LegacyMarketImported: {
    ...terms,
    title: anyText,
    description: anyText,
    outcomes: list(anyText, OUTCOMES_MIN, OUTCOMES_MAX),
    createdAtMs: time,
    volume: amount,
    pools: list(amount, OUTCOMES_MIN, OUTCOMES_MAX),
    status: oneOf('open', 'closed'),
    holder: agentId,
  },
  LegacyStakeImported: agentAmount,
  LegacyStatsImported: { eventsProcessed: count, marketsCreated: count, marketsAutoCreated: count },
  MarketClosed: { marketId, reason: oneOf('expired', 'command', 'settlement') },
  MarketCreated: {
    ...terms,
    title: text(500),
    description: text(10_000),
    outcomes: list(text(100), OUTCOMES_MIN, OUTCOMES_MAX),
    mechanism: oneOf('fixed-product'),
    automatic: oneOf(true, false),
  },
  MarketResolved: {
    marketId,
    payout: list(whole(0, PAYOUT_WEIGHT_MAX), OUTCOMES_MIN, OUTCOMES_MAX),
    payouts,
    returned: amount,
  },
  MarketVoided: { marketId, reason, payouts, returned: amount, proRata: oneOf(true, false) },
  SharesSold: { ...trade, gross: amount },
  StakeAdded: agentAmount,
  StakeWithdrawn: agentAmount,
  TimelineArchived: {},
  TimelineCompleted: { result: json },
  TimelineCreated: { clock, startAtMs: time, apyPpm, settings: fields(settings) },
  TimelineForked: {
    clock,
    offsetMs: whole(-TIME_MAX_MS, TIME_MAX_MS),
    settings: optional(
      fields({
        reactAtTenths: optional(tenths),
        autoMarketAtTenths: optional(tenths),
        tickSeconds: optional(settings.tickSeconds),
        liquidity: optional(amount),
        feeBps: optional(feeBps),
      }),
    ),
    reason: optional(reason),
  },
  WorldEventIngested: {
    eventId,
    title: text(500),
    description: text(10_000),
    source: text(2_000),
    url: text(2_000),
    publishedAtMs: nullOr(time),
    inputs: fields({
      sentiment: whole(-PPM, PPM),
      socialVolume: input,
      newsVelocity: input,
      assetVolatility: input,
    }),
    domain,
    duration,
    givenDomain: nullOr(domain),
    givenDuration: nullOr(duration),
    viralityTenths: tenths,
    rule: text(100),
    reaction: oneOf('market', 'react', 'noise'),
    marketId: nullOr(marketId),
    marketRefused: nullOr(text(100)),
  },
  WorldStateRecorded: {
    globalTensionPpm: optional(ppm),
    recentReasoning: optional(anyText),
    appendLines: optional(list(anyText)),
  },
  YieldDistributed: { rule: text(100), throughMs: time, integral: amount, total: amount },
};

/** Documents of the old system may be as large as the request that brought them. */
const LEGACY_DOCUMENT = /^legacy\./;

/**
 * What an event that was read holds that no build of this system writes, in words without its position; undefined if nothing.
 * Its fields may be anything, and `state` is what it is about to be evolved on: whoever takes logs from elsewhere asks this
 * first, because `evolve` trusts its events but for what moves money.
 */
export function faultOfEvent(event: DomainEvent, state: ReadableState): string | undefined {
  const data: unknown = event.data;
  if (!isObject(data)) return 'its data is no object';
  return faultIn(data, BOUNDS[event.type]) ?? faultOfWhole(event, state);
}

function faultIn(data: Readonly<Record<string, unknown>>, bounds: Readonly<Record<string, Bound>>): string | undefined {
  for (const [field, { words, test }] of Object.entries(bounds)) {
    // A field of the name that every object inherits is not there.
    if (!test(Object.hasOwn(data, field) ? data[field] : undefined)) return `its ${field} is not ${words}`;
  }
  return undefined;
}

/** What its fields say together, or of a market that is there. */
function faultOfWhole(event: DomainEvent, { agents, markets }: ReadableState): string | undefined {
  const outcomesOf = (id: MarketId): number => markets.get(id)?.terms.outcomes.length ?? OUTCOMES_MAX;
  if (event.type === 'DocumentSaved') return faultOfDocument(event.data);
  if (event.type === 'BetPlaced' || event.type === 'SharesSold') {
    const { outcome: traded, marketId: id } = event.data;
    return traded < outcomesOf(id) ? undefined : `market ${id} has no outcome ${traded}`;
  }
  if (event.type === 'MarketResolved') {
    const { payout, marketId: id } = event.data;
    return markets.get(id) !== undefined && payout.length !== outcomesOf(id)
      ? 'its payout has not a weight for each outcome'
      : undefined;
  }
  if (event.type === 'LegacyMarketImported') {
    const { pools, outcomes, liquidity, holder } = event.data;
    if (agents.get(holder) === undefined) return `there is no agent ${holder}`;
    if (pools.length !== outcomes.length) return 'it has not a pool for each outcome';
    return pools.some((pool) => fromText(pool) > fromText(liquidity))
      ? 'a pool is larger than its liquidity'
      : undefined;
  }
  return undefined;
}

const faultOfDocument = ({
  name,
  text: stored,
}: {
  readonly name: string;
  readonly text: string;
}): string | undefined =>
  !LEGACY_DOCUMENT.test(name) && utf8Length(stored) > DOCUMENT_MAX_BYTES
    ? `its document has more than ${DOCUMENT_MAX_BYTES} bytes`
    : undefined;
