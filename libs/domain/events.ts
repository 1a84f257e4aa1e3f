import type { AgentEvent } from './agents/events.js';
import type { DocumentEvent } from './documents/events.js';
import type { LegacyEvent } from './legacy/events.js';
import type { MarketEvent } from './markets/events.js';
import type { WorldEventIngested } from './orchestrator/events.js';
import type { TimelineEvent } from './timeline/events.js';
import type { WorldStateRecorded } from './world/events.js';
import type { YieldEvent } from './yield/events.js';

/** Every fact that a log of this build can hold, in its stored form. */
export type DomainEvent =
  | AgentEvent
  | DocumentEvent
  | LegacyEvent
  | MarketEvent
  | TimelineEvent
  | WorldEventIngested
  | WorldStateRecorded
  | YieldEvent;

/** Names of all events. */
export type EventType = DomainEvent['type'];

/** What the numbers of a stored event mean; a field that is not listed is shown as it is stored. */
export type FieldUnit = 'micro' | 'ppm' | 'ms' | 'tenths' | 'millionths';

/** The shape version that this build writes of each event, and the units of its fields, by path. */
export interface EventShape {
  readonly schemaVersion: number;
  readonly units: Readonly<Record<string, FieldUnit>>;
}

const shape = (units: EventShape['units'] = {}, schemaVersion = 1): EventShape => ({ schemaVersion, units });
const amount = shape({ amount: 'micro' });
const settings = {
  'settings.reactAtTenths': 'tenths',
  'settings.autoMarketAtTenths': 'tenths',
  'settings.liquidity': 'micro',
} as const;

/** What a stored event of each type looks like to whoever shows or upgrades it. */
export const EVENT_SHAPES: Readonly<Record<EventType, EventShape>> = {
  AgentRegistered: shape(),
  ApyChanged: shape({ apyPpm: 'ppm' }),
  BetPlaced: shape({ amount: 'micro', fee: 'micro', shares: 'micro', priceBeforePpm: 'ppm', priceAfterPpm: 'ppm' }),
  ClockAdvanced: shape({ toMs: 'ms' }),
  DocumentRemoved: shape(),
  DocumentSaved: shape(),
  FundsDeposited: amount,
  FundsTransferred: amount,
  FundsWithdrawn: amount,
  LegacyEconomyImported: shape({ apyPpm: 'ppm', lastPayoutMs: 'ms', totalDistributed: 'micro' }),
  LegacyMarketImported: shape({
    createdAtMs: 'ms',
    expiresAtMs: 'ms',
    viralityTenths: 'tenths',
    volume: 'micro',
    pools: 'micro',
    liquidity: 'micro',
  }),
  LegacyStakeImported: amount,
  LegacyStatsImported: shape(),
  MarketClosed: shape(),
  MarketCreated: shape({ liquidity: 'micro', expiresAtMs: 'ms', viralityTenths: 'tenths' }),
  MarketResolved: shape({ 'payouts.amount': 'micro', returned: 'micro' }),
  MarketVoided: shape({ 'payouts.amount': 'micro', returned: 'micro' }),
  SharesSold: shape({
    shares: 'micro',
    gross: 'micro',
    fee: 'micro',
    priceBeforePpm: 'ppm',
    priceAfterPpm: 'ppm',
  }),
  StakeAdded: amount,
  StakeWithdrawn: amount,
  TimelineArchived: shape(),
  TimelineCompleted: shape(),
  TimelineCreated: shape({ startAtMs: 'ms', apyPpm: 'ppm', ...settings }),
  TimelineForked: shape(settings, 2),
  WorldEventIngested: shape({
    publishedAtMs: 'ms',
    'inputs.sentiment': 'millionths',
    'inputs.socialVolume': 'millionths',
    'inputs.newsVelocity': 'millionths',
    'inputs.assetVolatility': 'millionths',
    viralityTenths: 'tenths',
  }),
  WorldStateRecorded: shape({ globalTensionPpm: 'ppm' }),
  YieldDistributed: shape({ throughMs: 'ms', total: 'micro' }),
};
