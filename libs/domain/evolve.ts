import {
  evolveAgentRegistered,
  evolveFundsDeposited,
  evolveFundsTransferred,
  evolveFundsWithdrawn,
  evolveStakeAdded,
  evolveStakeWithdrawn,
} from './agents/evolve.js';
import { evolveDocumentRemoved, evolveDocumentSaved } from './documents/evolve.js';
import type { DomainEvent } from './events.js';
import { invariant } from './invariant.js';
import {
  evolveLegacyEconomyImported,
  evolveLegacyMarketImported,
  evolveLegacyStakeImported,
  evolveLegacyStatsImported,
} from './legacy/evolve.js';
import {
  evolveBetPlaced,
  evolveMarketClosed,
  evolveMarketCreated,
  evolveMarketResolved,
  evolveMarketVoided,
  evolveSharesSold,
} from './markets/evolve.js';
import { evolveWorldEventIngested } from './orchestrator/evolve.js';
import type { State } from './state.js';
import {
  evolveTimelineArchived,
  evolveTimelineCompleted,
  evolveTimelineCreated,
  evolveTimelineForked,
} from './timeline/evolve.js';
import { evolveWorldStateRecorded } from './world/evolve.js';
import { evolveApyChanged, evolveYieldDistributed } from './yield/evolve.js';

/** Where and when an event stands in its timeline. */
export interface Position {
  readonly version: number;
  /** Timeline time, ms since the Unix epoch; never before the event before it. */
  readonly atMs: number;
}

/**
 * The one function by which a state changes, live and in replay. It consults no clock and refuses nothing: an event that
 * breaks an invariant throws `InvariantViolation`, and the state, an overlay, is dropped.
 */
export function evolve(state: State, event: DomainEvent, position: Position): void {
  invariant(position.atMs >= state.nowMs, () => `${event.type} at ${position.atMs}, before ${state.nowMs}`);
  state.nowMs = position.atMs;
  apply(state, event, position);
}

function apply(state: State, event: DomainEvent, position: Position): void {
  const { atMs } = position;
  switch (event.type) {
    case 'BetPlaced':
      return evolveBetPlaced(state, event);
    case 'SharesSold':
      return evolveSharesSold(state, event);
    case 'MarketCreated':
      return evolveMarketCreated(state, event, atMs);
    case 'MarketClosed':
      return evolveMarketClosed(state, event, atMs);
    case 'MarketResolved':
      return evolveMarketResolved(state, event, atMs);
    case 'MarketVoided':
      return evolveMarketVoided(state, event, atMs);
    case 'AgentRegistered':
      return evolveAgentRegistered(state, event);
    case 'FundsDeposited':
      return evolveFundsDeposited(state, event);
    case 'FundsWithdrawn':
      return evolveFundsWithdrawn(state, event);
    case 'FundsTransferred':
      return evolveFundsTransferred(state, event);
    case 'StakeAdded':
      return evolveStakeAdded(state, event, atMs);
    case 'StakeWithdrawn':
      return evolveStakeWithdrawn(state, event, atMs);
    case 'ApyChanged':
      return evolveApyChanged(state, event, atMs);
    case 'YieldDistributed':
      return evolveYieldDistributed(state, event);
    case 'WorldEventIngested':
      return evolveWorldEventIngested(state, event, position);
    case 'WorldStateRecorded':
      return evolveWorldStateRecorded(state, event);
    case 'DocumentSaved':
      return evolveDocumentSaved(state, event, position);
    case 'DocumentRemoved':
      return evolveDocumentRemoved(state, event);
    case 'TimelineCreated':
      return evolveTimelineCreated(state, event, atMs);
    case 'TimelineForked':
      return evolveTimelineForked(state, event, atMs);
    case 'TimelineCompleted':
      return evolveTimelineCompleted(state, event);
    case 'TimelineArchived':
      return evolveTimelineArchived(state, event);
    case 'ClockAdvanced':
      return; // Time itself moved above, as with every event.
    case 'LegacyEconomyImported':
      return evolveLegacyEconomyImported(state, event);
    case 'LegacyStakeImported':
      return evolveLegacyStakeImported(state, event);
    case 'LegacyMarketImported':
      return evolveLegacyMarketImported(state, event, atMs);
    case 'LegacyStatsImported':
      return evolveLegacyStatsImported(state, event);
  }
}
