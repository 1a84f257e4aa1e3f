import { evolve, formatDecimal, State, statusAt, type Decided } from '#domain';
import { refused } from '../failure.js';

/** What an import came to. */
export interface Imported {
  /** It was done before, by the same command line; nothing changed now. */
  readonly already: boolean;
  /** The timeline's version right after the import. */
  readonly version: number;
  /** The state right after it. */
  readonly state: State;
}

/** What the summary of an import shows; money as decimal text. */
export interface ImportFigures {
  readonly agents: number;
  readonly marketsOpen: number;
  readonly marketsClosed: number;
  readonly stakers: number;
  readonly totalStaked: string;
  readonly moneySupply: string;
}

/** A name stands for one timeline for ever. */
export const nameTaken = (timeline: string) =>
  refused(
    'timeline-name-taken',
    `The timeline ${timeline} exists already and holds something else: nothing was changed. Choose another name.`,
  );

/** The fold of a timeline's first events. */
export function fold(events: readonly Decided[]): State {
  const state = new State();
  for (const [index, event] of events.entries()) evolve(state, event, { version: index + 1, atMs: event.atMs });
  return state;
}

export function figuresOf(state: State): ImportFigures {
  const markets = state.markets.sortedIds().flatMap((id) => state.markets.get(id) ?? []);
  const marketsOpen = markets.filter((market) => statusAt(market, state.nowMs) === 'open').length;
  return {
    agents: state.agents.size,
    marketsOpen,
    marketsClosed: markets.length - marketsOpen,
    stakers: state.yieldAccount.stakers,
    totalStaked: formatDecimal(state.yieldAccount.totalStaked),
    moneySupply: formatDecimal(0n - state.ledger.issuance),
  };
}
