import type { Agent } from '../agents/state.js';
import { utf8Length, type StoredDocument } from '../documents/state.js';
import type { Ledger } from '../ledger/state.js';
import type { Holding, Market, Mechanism, Phase } from '../markets/state.js';
import type { Domain, Duration, Reaction, Stats, WorldEvent } from '../orchestrator/state.js';
import type { Settings } from '../timeline/state.js';
import { micro, type AgentId, type MarketId, type Micro, type WorldEventId } from '../units.js';
import type { World } from '../world/state.js';
import type { YieldAccount } from '../yield/state.js';
import { integer, list, MalformedCanonicalText, readList, text, type Fields, type KeepText } from './text.js';

/** How rows of one kind are written and read back. */
export interface RowCodec<Row> {
  /** The fields' names in order of code point. */
  readonly names: readonly string[];
  encode(row: Row): Fields;
  decode(fields: StoredFields, id: string): Row;
}

/** An entry's fields as read, with the defaults of those that were left out. */
export class StoredFields {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #keep: KeepText;

  constructor(fields: ReadonlyMap<string, string>, keep: KeepText) {
    this.#fields = fields;
    this.#keep = keep;
  }

  text(name: string): string {
    return this.textOrNull(name) ?? '';
  }
  textOrNull(name: string): string | null {
    const value = this.#fields.get(name);
    return value === undefined ? null : this.#keep(value);
  }
  integer(name: string): bigint {
    return BigInt(this.#fields.get(name) ?? '0');
  }
  micro(name: string): Micro {
    return micro(this.integer(name));
  }
  number(name: string): number {
    return Number(this.#fields.get(name) ?? '0');
  }
  /** For a number that may be absent: 0 is written out. */
  numberOrNull(name: string): number | null {
    const value = this.#fields.get(name);
    return value === undefined ? null : Number(value);
  }
  list(name: string): readonly string[] {
    return this.digits(name).map(this.#keep);
  }
  /** A list of numbers, of whose texts nothing is kept. */
  digits(name: string): readonly string[] {
    return readList(this.#fields.get(name) ?? '');
  }
}

const numberOrNothing = (value: number | null): string | undefined => (value === null ? undefined : value.toString());
const amounts = (values: readonly Micro[]): string => list(values.map(String));
const numbers = (values: readonly number[]): string => list(values.map(String));

export const agentCodec: RowCodec<Agent> = {
  names: ['accrued', 'available', 'integral', 'name', 'ordinal', 'staked', 'yieldEarned'],
  encode: (agent) => ({
    accrued: integer(agent.accrued),
    available: integer(agent.available),
    integral: integer(agent.integral),
    name: text(agent.name),
    ordinal: integer(agent.ordinal),
    staked: integer(agent.staked),
    yieldEarned: integer(agent.yieldEarned),
  }),
  decode: (fields) => ({
    name: fields.text('name'),
    available: fields.micro('available'),
    staked: fields.micro('staked'),
    integral: fields.integer('integral'),
    accrued: fields.integer('accrued'),
    ordinal: fields.number('ordinal'),
    yieldEarned: fields.micro('yieldEarned'),
  }),
};

export const marketCodec: RowCodec<Market> = {
  names: [
    'closedAtMs',
    'closingPricesPpm',
    'createdAtMs',
    'description',
    'domain',
    'duration',
    'escrow',
    'eventId',
    'expiresAtMs',
    'feeBps',
    'fees',
    'liquidity',
    'mechanism',
    'outcomes',
    'payout',
    'pools',
    'reason',
    'resolvedAtMs',
    'status',
    'title',
    'viralityTenths',
    'voidedAtMs',
    'volume',
  ],
  encode: ({ terms, phase, pools, escrow, fees, volume }) => ({
    createdAtMs: integer(terms.createdAtMs),
    description: text(terms.description),
    domain: terms.domain,
    duration: terms.duration,
    escrow: integer(escrow),
    eventId: text(terms.eventId),
    expiresAtMs: integer(terms.expiresAtMs),
    feeBps: integer(terms.feeBps),
    fees: integer(fees),
    liquidity: integer(terms.liquidity),
    mechanism: terms.mechanism,
    outcomes: list(terms.outcomes),
    pools: amounts(pools),
    title: text(terms.title),
    viralityTenths: numberOrNothing(terms.viralityTenths),
    volume: integer(volume),
    ...encodePhase(phase),
  }),
  decode: (fields, id) => ({
    terms: {
      marketId: id as MarketId,
      eventId: fields.textOrNull('eventId') as WorldEventId | null,
      title: fields.text('title'),
      description: fields.text('description'),
      domain: fields.text('domain') as Domain,
      duration: fields.text('duration') as Duration,
      outcomes: fields.list('outcomes'),
      mechanism: fields.text('mechanism') as Mechanism,
      liquidity: fields.micro('liquidity'),
      feeBps: fields.number('feeBps'),
      createdAtMs: fields.number('createdAtMs'),
      expiresAtMs: fields.number('expiresAtMs'),
      viralityTenths: fields.numberOrNull('viralityTenths'),
    },
    phase: decodePhase(fields),
    pools: fields.digits('pools').map((pool) => micro(BigInt(pool))),
    escrow: fields.micro('escrow'),
    fees: fields.micro('fees'),
    volume: fields.micro('volume'),
  }),
};

function encodePhase(phase: Phase): Fields {
  switch (phase.status) {
    case 'open':
      return { status: phase.status };
    case 'closed':
      return { status: phase.status, closedAtMs: integer(phase.closedAtMs) };
    case 'resolved':
      return {
        status: phase.status,
        payout: numbers(phase.payout),
        resolvedAtMs: integer(phase.resolvedAtMs),
        closingPricesPpm: numbers(phase.closingPricesPpm),
      };
    case 'void':
      return {
        status: phase.status,
        reason: text(phase.reason),
        voidedAtMs: integer(phase.voidedAtMs),
        closingPricesPpm: numbers(phase.closingPricesPpm),
      };
  }
}

function decodePhase(fields: StoredFields): Phase {
  const status = fields.text('status') as Phase['status'];
  const closingPricesPpm = fields.digits('closingPricesPpm').map(Number);
  switch (status) {
    case 'open':
      return { status };
    case 'closed':
      return { status, closedAtMs: fields.number('closedAtMs') };
    case 'resolved':
      return {
        status,
        payout: fields.digits('payout').map(Number),
        resolvedAtMs: fields.number('resolvedAtMs'),
        closingPricesPpm,
      };
    case 'void':
      return { status, reason: fields.text('reason'), voidedAtMs: fields.number('voidedAtMs'), closingPricesPpm };
  }
  throw new MalformedCanonicalText(`market status ${String(status)}`);
}

export const holdingCodec: RowCodec<Holding> = {
  names: ['paid', 'received', 'shares'],
  encode: (holding) => ({
    paid: integer(holding.paid),
    received: integer(holding.received),
    shares: amounts(holding.shares),
  }),
  decode: (fields, id) => {
    const slash = id.indexOf('/');
    return {
      marketId: id.slice(0, slash) as MarketId,
      agentId: id.slice(slash + 1) as AgentId,
      shares: fields.digits('shares').map((count) => micro(BigInt(count))),
      paid: fields.micro('paid'),
      received: fields.micro('received'),
    };
  },
};

export const worldEventCodec: RowCodec<WorldEvent> = {
  names: [
    'assetVolatility',
    'description',
    'domain',
    'duration',
    'givenDomain',
    'givenDuration',
    'ingestedAtMs',
    'marketId',
    'marketRefused',
    'newsVelocity',
    'publishedAtMs',
    'reaction',
    'sentiment',
    'socialVolume',
    'source',
    'title',
    'url',
    'viralityTenths',
  ],
  encode: (event) => ({
    assetVolatility: integer(event.inputs.assetVolatility),
    description: text(event.description),
    domain: event.domain,
    duration: event.duration,
    givenDomain: text(event.givenDomain),
    givenDuration: text(event.givenDuration),
    ingestedAtMs: integer(event.ingestedAtMs),
    marketId: text(event.marketId),
    marketRefused: text(event.marketRefused),
    newsVelocity: integer(event.inputs.newsVelocity),
    publishedAtMs: numberOrNothing(event.publishedAtMs),
    reaction: event.reaction,
    sentiment: integer(event.inputs.sentiment),
    socialVolume: integer(event.inputs.socialVolume),
    source: text(event.source),
    title: text(event.title),
    url: text(event.url),
    viralityTenths: integer(event.viralityTenths),
  }),
  decode: (fields, id) => ({
    eventId: id as WorldEventId,
    title: fields.text('title'),
    description: fields.text('description'),
    source: fields.text('source'),
    url: fields.text('url'),
    publishedAtMs: fields.numberOrNull('publishedAtMs'),
    inputs: {
      sentiment: fields.number('sentiment'),
      socialVolume: fields.number('socialVolume'),
      newsVelocity: fields.number('newsVelocity'),
      assetVolatility: fields.number('assetVolatility'),
    },
    domain: fields.text('domain') as Domain,
    duration: fields.text('duration') as Duration,
    givenDomain: fields.textOrNull('givenDomain') as Domain | null,
    givenDuration: fields.textOrNull('givenDuration') as Duration | null,
    viralityTenths: fields.number('viralityTenths'),
    reaction: fields.text('reaction') as Reaction,
    ingestedAtMs: fields.number('ingestedAtMs'),
    marketId: fields.textOrNull('marketId') as MarketId | null,
    marketRefused: fields.textOrNull('marketRefused'),
    version: 0,
  }),
};

export const documentCodec: RowCodec<StoredDocument> = {
  names: ['savedAtMs', 'text'],
  encode: (document) => ({ savedAtMs: integer(document.savedAtMs), text: document.text }),
  decode: (fields) => {
    const kept = fields.text('text');
    return { text: kept, sizeBytes: utf8Length(kept), savedAtMs: fields.number('savedAtMs'), version: 0 };
  },
};

export const ledgerCodec: RowCodec<Ledger> = {
  names: ['issuance', 'yieldPayable'],
  encode: ({ issuance, yieldPayable }) => ({ issuance: integer(issuance), yieldPayable: integer(yieldPayable) }),
  decode: (fields) => ({ issuance: fields.micro('issuance'), yieldPayable: fields.micro('yieldPayable') }),
};

export const yieldCodec: RowCodec<YieldAccount> = {
  names: [
    'accrued',
    'apyPpm',
    'computedMs',
    'distributed',
    'distributedIntegral',
    'integral',
    'lastPayoutMs',
    'openingDistributed',
    'ordinal',
    'stakers',
    'totalStaked',
  ],
  encode: (account) => ({
    accrued: integer(account.accrued),
    apyPpm: integer(account.apyPpm),
    computedMs: integer(account.computedMs),
    distributed: integer(account.distributed),
    distributedIntegral: integer(account.distributedIntegral),
    integral: integer(account.integral),
    lastPayoutMs: numberOrNothing(account.lastPayoutMs),
    openingDistributed: integer(account.openingDistributed),
    ordinal: integer(account.ordinal),
    stakers: integer(account.stakers),
    totalStaked: integer(account.totalStaked),
  }),
  decode: (fields) => ({
    apyPpm: fields.number('apyPpm'),
    computedMs: fields.number('computedMs'),
    integral: fields.integer('integral'),
    accrued: fields.integer('accrued'),
    totalStaked: fields.micro('totalStaked'),
    distributed: fields.micro('distributed'),
    openingDistributed: fields.micro('openingDistributed'),
    ordinal: fields.number('ordinal'),
    distributedIntegral: fields.integer('distributedIntegral'),
    lastPayoutMs: fields.numberOrNull('lastPayoutMs'),
    stakers: fields.number('stakers'),
  }),
};

export const statsCodec: RowCodec<Stats> = {
  names: ['eventsProcessed', 'marketsAutoCreated', 'marketsCreated'],
  encode: (stats) => ({
    eventsProcessed: integer(stats.eventsProcessed),
    marketsAutoCreated: integer(stats.marketsAutoCreated),
    marketsCreated: integer(stats.marketsCreated),
  }),
  decode: (fields) => ({
    eventsProcessed: fields.number('eventsProcessed'),
    marketsCreated: fields.number('marketsCreated'),
    marketsAutoCreated: fields.number('marketsAutoCreated'),
  }),
};

export const worldCodec: RowCodec<World> = {
  names: ['eventLog', 'globalTensionPpm', 'recentReasoning'],
  encode: (world) => ({
    eventLog: world.eventLog.length === 0 ? undefined : list(world.eventLog),
    globalTensionPpm: integer(world.globalTensionPpm),
    recentReasoning: text(world.recentReasoning),
  }),
  decode: (fields) => ({
    globalTensionPpm: fields.number('globalTensionPpm'),
    recentReasoning: fields.text('recentReasoning'),
    eventLog: fields.list('eventLog'),
  }),
};

export const settingsCodec: RowCodec<Settings> = {
  names: ['autoMarketAtTenths', 'feeBps', 'liquidity', 'reactAtTenths', 'tickSeconds'],
  encode: (settings) => ({
    autoMarketAtTenths: integer(settings.autoMarketAtTenths),
    feeBps: integer(settings.feeBps),
    liquidity: integer(settings.liquidity),
    reactAtTenths: integer(settings.reactAtTenths),
    tickSeconds: integer(settings.tickSeconds),
  }),
  decode: (fields) => ({
    reactAtTenths: fields.number('reactAtTenths'),
    autoMarketAtTenths: fields.number('autoMarketAtTenths'),
    tickSeconds: fields.number('tickSeconds'),
    liquidity: fields.micro('liquidity'),
    feeBps: fields.number('feeBps'),
  }),
};
