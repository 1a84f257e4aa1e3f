/** The economy as pure functions: decide and evolve, over a state that is the left fold of a timeline's log. */
export type { Agent } from './agents/state.js';
export { canonicalText, readState, readStateInPieces, uncoveredText } from './canonical/canonical.js';
export { MalformedCanonicalText } from './canonical/text.js';
export type { Command, CommandType } from './commands.js';
export {
  changesOf,
  type AccountChange,
  type ChangedSection,
  type Changes,
  type PositionChange,
  type RecordChange,
} from './comparison/changes.js';
export {
  COMPARED_SECTIONS,
  differencesBetween,
  type ComparedSection,
  type Difference,
  type DifferencePosition,
} from './comparison/differences.js';
export type { FieldValue, RecordFields } from './comparison/fields.js';
export { decide } from './decide.js';
export type { Decided, Decision, DecisionContext, Limits } from './decision.js';
export { DOCUMENT_DEPTH_MAX, DOCUMENT_MAX_BYTES, type StoredDocument } from './documents/state.js';
export { EVENT_SHAPES, type DomainEvent, type EventShape, type EventType, type FieldUnit } from './events.js';
export { evolve, type Position } from './evolve.js';
export { InvariantViolation } from './invariant.js';
export type { ImportLegacy } from './legacy/commands.js';
export type { LegacyFile } from './legacy/files.js';
export { readLegacyFiles, type LegacyProblem, type LegacyReading } from './legacy/read.js';
export { auditEconomy, checkEconomy } from './ledger/audit.js';
export { isMarketBirth, isMarketBirthType, MARKET_BIRTHS } from './markets/births.js';
export { decideExpired, marketUnknown, noSuchOutcome } from './markets/decide.js';
export { DEFAULT_OUTCOMES, FEE_MAX_BPS, OUTCOMES_MAX, OUTCOMES_MIN, PAYOUT_WEIGHT_MAX } from './markets/defaults.js';
export type { Purchase, Sale } from './markets/fixed-product.js';
export { portfolioOf } from './markets/holdings.js';
export { mechanismOf, pricesOf } from './markets/mechanism.js';
export { quote, type Quote, type QuoteRequest } from './markets/quote.js';
export { statusAt, type Holding, type Market, type MarketStatus } from './markets/state.js';
export {
  DOMAINS,
  DURATIONS,
  type Domain,
  type Duration,
  type Reaction,
  type WorldEvent,
  type WorldEventContent,
} from './orchestrator/state.js';
export { quoted, withoutHidden } from './quoted.js';
export { refuse, type Refusal, type RefusalCode } from './refusal.js';
export { State, type PinnedState, type ReadableState } from './state.js';
export { runsByItself, timelineTimeMs } from './timeline/clock.js';
export type { ForkStart, ForkTerms } from './timeline/commands.js';
export { decideFork } from './timeline/decide.js';
export { DEFAULT_SETTINGS, type ClockKind, type JsonValue, type Lifecycle, type Settings } from './timeline/state.js';
export {
  AMOUNT_MAX,
  APY_MAX_PPM,
  formatDecimal,
  fromText,
  ID_PATTERN,
  micro,
  MICRO_PER_UNIT,
  parseAgentId,
  parseDecimal,
  parseDocumentName,
  parseMarketId,
  parseWorldEventId,
  PPM,
  TIME_MAX_MS,
  toText,
  WORLD_EVENT_ID_MAX,
  ZERO,
  type AgentId,
  type DocumentName,
  type MarketId,
  type Micro,
  type MicroText,
  type WorldEventId,
} from './units.js';
export { faultOfEvent } from './upcasting/event-bounds.js';
export { readStoredEvent, type Upcast } from './upcasting/upcast.js';
export { accruedAt, computeThrough, integralAt, spendable, touch } from './yield/integrals.js';
export { NO_YIELD, Y, type YieldAccount } from './yield/state.js';
