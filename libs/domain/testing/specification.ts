import type { Command } from '../commands.js';
import { decide } from '../decide.js';
import type { Decided, Decision, DecisionContext, Limits } from '../decision.js';
import type { DomainEvent } from '../events.js';
import { evolve } from '../evolve.js';
import type { RefusalCode } from '../refusal.js';
import { State } from '../state.js';
import { toText, type AgentId, type MarketId, type Micro } from '../units.js';
import { DEFAULT_SETTINGS, type Settings } from '../timeline/state.js';

/** A rule of the domain as an example: what had happened, what is asked, what comes of it. */
export interface Specification {
  readonly state: State;
  when(command: Command, context?: Partial<DecisionContext>): Consequence;
}

interface Consequence {
  readonly decision: Decision;
  /** The state after the decision. */
  readonly state: State;
  /** Exactly these facts, whatever their time. */
  thenEvents(...events: readonly DomainEvent[]): Consequence;
  thenRefused(code: RefusalCode): Consequence;
  /** There was nothing to do. */
  thenNothing(): Consequence;
}

export const LIMITS: Limits = { documentsMax: 100, documentBytesMax: 10_000_000 };

/** A past fact; without a time it happened when the one before it did. */
export type Given = DomainEvent & { readonly atMs?: number };

export function given(...events: readonly Given[]): Specification {
  const state = new State();
  let version = 0;
  for (const event of events) {
    version += 1;
    evolve(state, event, { version, atMs: event.atMs ?? state.nowMs });
  }
  return {
    state,
    when: (command, { nowMs = state.nowMs, limits = LIMITS } = {}) =>
      consequenceOf(state, decide(state, command, { nowMs, limits }), version),
  };
}

function consequenceOf(before: State, decision: Decision, version: number): Consequence {
  const state = before.overlay();
  if (decision.kind === 'accepted') applyAll(state, decision.events, version);
  const consequence: Consequence = {
    decision,
    state,
    thenEvents: (...events) => {
      const decided =
        decision.kind === 'accepted' ? decision.events.map(({ type, data }) => ({ type, data })) : decision;
      expectSame(
        decided,
        events.map(({ type, data }) => ({ type, data })),
      );
      return consequence;
    },
    thenRefused: (code) => {
      expectSame(decision.kind === 'refused' ? decision.code : decision, code);
      return consequence;
    },
    thenNothing: () => {
      expectSame(decision, { kind: 'accepted', events: [] });
      return consequence;
    },
  };
  return consequence;
}

function applyAll(state: State, events: readonly Decided[], version: number): void {
  events.forEach((event, i) => evolve(state, event, { version: version + i + 1, atMs: event.atMs }));
}

function expectSame(actual: unknown, expected: unknown): void {
  const [a, b] = [inText(actual), inText(expected)];
  if (a !== b) throw new Error(`Expected\n${b}\nbut it was\n${a}`);
}

const inText = (value: unknown): string => JSON.stringify(value, withSortedKeys, 2);

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A virtual timeline that starts at the epoch. */
export function timelineCreated({ apyPpm = 50_000, settings = {}, startAtMs = 0 }: Partial<Created> = {}): Given {
  const all = { ...DEFAULT_SETTINGS, ...settings };
  const stored = { ...all, liquidity: toText(all.liquidity) };
  return {
    type: 'TimelineCreated',
    data: { clock: 'virtual', startAtMs, apyPpm, settings: stored },
    atMs: startAtMs,
  };
}

interface Created {
  readonly apyPpm: number;
  readonly settings: Partial<Settings>;
  readonly startAtMs: number;
}

/** An agent with a balance. */
export function agentWith(agentId: string, balance: Micro): readonly Given[] {
  const id = agentId as AgentId;
  return [
    { type: 'AgentRegistered', data: { agentId: id, name: agentId } },
    { type: 'FundsDeposited', data: { agentId: id, amount: toText(balance) } },
  ];
}

/** A market as `CreateMarket` opens it by default. */
export function marketCreated(marketId: string, differing: Partial<MarketCreatedData> = {}): Given {
  return {
    type: 'MarketCreated',
    data: {
      marketId: marketId as MarketId,
      eventId: null,
      title: marketId,
      description: '',
      domain: 'unknown',
      duration: 'micro',
      outcomes: ['YES', 'NO'],
      mechanism: 'fixed-product',
      liquidity: toText(DEFAULT_SETTINGS.liquidity),
      feeBps: DEFAULT_SETTINGS.feeBps,
      expiresAtMs: 86_400_000,
      viralityTenths: null,
      automatic: false,
      ...differing,
    },
  };
}

type MarketCreatedData = Extract<DomainEvent, { type: 'MarketCreated' }>['data'];
