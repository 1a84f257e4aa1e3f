import type { Agent } from '../agents/state.js';
import { micro, type Micro } from '../units.js';
import { Y, type YieldAccount } from './state.js';

/** G and A brought up to `nowMs`. Time that lies before what is computed adds nothing. */
export function computeThrough(account: YieldAccount, nowMs: number): YieldAccount {
  if (nowMs <= account.computedMs) return account;
  const growth = BigInt(account.apyPpm) * BigInt(nowMs - account.computedMs);
  return {
    ...account,
    computedMs: nowMs,
    integral: account.integral + growth,
    accrued: account.accrued + account.totalStaked * growth,
  };
}

/** G at `nowMs`, in ppm × ms. */
export const integralAt = (account: YieldAccount, nowMs: number): bigint =>
  nowMs <= account.computedMs
    ? account.integral
    : account.integral + BigInt(account.apyPpm) * BigInt(nowMs - account.computedMs);

/** What a distribution through `throughMs` would move to the payable: ⌊A/Y⌋ − what was distributed before. */
export function distributable(account: YieldAccount, throughMs: number): Micro {
  return micro(computeThrough(account, throughMs).accrued / Y - account.distributed);
}

export interface Touched {
  /** The agent with its accrual brought to the last distribution; `credit` is not in `available` yet. */
  readonly agent: Agent;
  /** What moves from the payable to `available`. */
  readonly credit: Micro;
}

/**
 * Credits what was distributed since the agent was last touched: ⌊N/Y⌋, keeping N mod Y. The distribution's ordinal
 * decides, not its integral: at one and the same instant a touch before the distribution must not pass for one after it.
 */
export function touch(agent: Agent, account: YieldAccount): Touched {
  if (agent.ordinal === account.ordinal) return { agent, credit: micro(0n) };
  const growth = account.distributedIntegral - agent.integral;
  const accrued = agent.accrued + agent.staked * growth;
  const credit = micro(accrued / Y);
  return {
    agent: {
      ...agent,
      integral: account.distributedIntegral,
      accrued: accrued % Y,
      ordinal: account.ordinal,
      yieldEarned: micro(agent.yieldEarned + credit),
    },
    credit,
  };
}

/** What the agent can spend: its balance and what a touch would credit. */
export const spendable = (agent: Agent, account: YieldAccount): Micro =>
  micro(agent.available + touch(agent, account).credit);

/** N of an agent at `nowMs`, in micro × ppm × ms, after `touch`. */
export const accruedAt = (touched: Agent, account: YieldAccount, nowMs: number): bigint =>
  touched.accrued + touched.staked * (integralAt(account, nowMs) - touched.integral);
