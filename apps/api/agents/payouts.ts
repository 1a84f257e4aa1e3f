import {
  accruedAt,
  APY_MAX_PPM,
  computeThrough,
  formatDecimal,
  fromText,
  micro,
  NO_YIELD,
  readStoredEvent,
  TIME_MAX_MS,
  touch,
  ZERO,
  type Agent,
  type AgentId,
  type DomainEvent,
  type Micro,
  type YieldAccount,
} from '#domain';
import type { RecordedEvent } from '#event-log';
import { formatTime } from '#presentation';
import { TimelineStopped } from '#runtime';

/** What an agent was paid by one distribution. */
export interface PayoutView {
  /** Of the distribution. */
  readonly version: number;
  readonly at: string;
  /** Until when its yield had accrued. */
  readonly through: string;
  readonly amount: string;
}

/** The events that an agent's payouts follow from. */
export const PAYOUT_EVENTS = [
  'TimelineCreated',
  'ApyChanged',
  'YieldDistributed',
  'StakeAdded',
  'StakeWithdrawn',
  'LegacyEconomyImported',
  'LegacyStakeImported',
] as const satisfies readonly DomainEvent['type'][];

type PayoutEvent = Extract<DomainEvent, { readonly type: (typeof PAYOUT_EVENTS)[number] }>;

/** Eight numbers; the integrals of a stake grow without a bound that could be said. */
const CURSOR = /^[0-9]{1,60}(?:,[0-9]{1,60}){7}$/;

const NO_STAKE: Agent = {
  name: '',
  available: ZERO,
  staked: ZERO,
  integral: 0n,
  accrued: 0n,
  ordinal: 0,
  yieldEarned: ZERO,
};

const NO_RATE: YieldAccount = { ...NO_YIELD, apyPpm: 0 };

/**
 * Follows one agent's accrual through the log: nothing is stored for each staker, so what a distribution paid it is
 * computed from the rate and its own stakes. As if the agent were touched after every distribution, so that the amounts
 * are the differences of ⌊accrual / Y⌋ and sum to what it was credited.
 */
export class AccrualFold {
  /** The version that the fold has come to. */
  version = 0;
  #account = NO_RATE;
  #agent = NO_STAKE;

  constructor(private readonly agentId: AgentId) {}

  /** Continues a fold that `cursor` described; undefined if it is no such text. */
  static from(agentId: AgentId, cursor: string): AccrualFold | undefined {
    if (!CURSOR.test(cursor)) return undefined;
    const [version = 0n, apyPpm = 0n, computedMs = 0n, integral, distributedIntegral, staked, agentIntegral, accrued] =
      cursor.split(',').map(BigInt);
    if (version > Number.MAX_SAFE_INTEGER || apyPpm > APY_MAX_PPM || computedMs > TIME_MAX_MS) return undefined;
    const fold = new AccrualFold(agentId);
    fold.version = Number(version);
    fold.#account = {
      ...NO_RATE,
      apyPpm: Number(apyPpm),
      computedMs: Number(computedMs),
      integral: integral ?? 0n,
      distributedIntegral: distributedIntegral ?? 0n,
    };
    fold.#agent = { ...NO_STAKE, staked: micro(staked ?? 0n), integral: agentIntegral ?? 0n, accrued: accrued ?? 0n };
    return fold;
  }

  /** The fold as text, for a page's cursor. Ordinals start anew: after each distribution the agent's is the account's. */
  get cursor(): string {
    const { apyPpm, computedMs, integral, distributedIntegral } = this.#account;
    const { staked, integral: agentIntegral, accrued } = this.#agent;
    return [this.version, apyPpm, computedMs, integral, distributedIntegral, staked, agentIntegral, accrued].join(',');
  }

  /** Takes in one event, and returns what it paid the agent, if it paid it anything. */
  take(recorded: RecordedEvent): PayoutView | undefined {
    const read = readStoredEvent(recorded);
    if (read.kind === 'unreadable') throw new TimelineStopped(recorded.version, read.reason);
    const event = read.event as PayoutEvent;
    this.version = recorded.version;
    switch (event.type) {
      case 'TimelineCreated':
        this.#account = { ...this.#account, apyPpm: event.data.apyPpm, computedMs: event.data.startAtMs };
        return undefined;
      case 'LegacyEconomyImported':
        this.#account = { ...this.#account, apyPpm: event.data.apyPpm, computedMs: event.data.lastPayoutMs };
        return undefined;
      case 'ApyChanged':
        this.#account = { ...computeThrough(this.#account, recorded.atMs), apyPpm: event.data.apyPpm };
        return undefined;
      case 'LegacyStakeImported':
        return this.#addLegacyStake(event.data);
      case 'StakeAdded':
        return this.#changeStake(event.data, fromText(event.data.amount), recorded.atMs);
      case 'StakeWithdrawn':
        return this.#changeStake(event.data, micro(0n - fromText(event.data.amount)), recorded.atMs);
      case 'YieldDistributed':
        return this.#distribute(recorded, event.data.throughMs);
    }
  }

  #addLegacyStake({
    agentId,
    amount,
  }: {
    readonly agentId: AgentId;
    readonly amount: Parameters<typeof fromText>[0];
  }): undefined {
    if (agentId === this.agentId)
      this.#agent = { ...this.#agent, staked: micro(this.#agent.staked + fromText(amount)) };
  }

  /** Others' stakes leave the rate's integral as it is. */
  #changeStake({ agentId }: { readonly agentId: AgentId }, by: Micro, atMs: number): undefined {
    if (agentId !== this.agentId) return;
    this.#account = computeThrough(this.#account, atMs);
    this.#agent = {
      ...this.#agent,
      accrued: accruedAt(this.#agent, this.#account, atMs),
      integral: this.#account.integral,
      staked: micro(this.#agent.staked + by),
    };
  }

  #distribute({ version, atMs }: RecordedEvent, throughMs: number): PayoutView | undefined {
    const account = computeThrough(this.#account, throughMs);
    this.#account = { ...account, ordinal: account.ordinal + 1, distributedIntegral: account.integral };
    const { agent, credit } = touch(this.#agent, this.#account);
    this.#agent = agent;
    if (credit === 0n) return undefined;
    return { version, at: formatTime(atMs), through: formatTime(throughMs), amount: formatDecimal(credit) };
  }
}
