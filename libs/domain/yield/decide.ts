import { accept, at, type Decision, type DecisionContext } from '../decision.js';
import type { State } from '../state.js';
import { toText } from '../units.js';
import type { ChangeApy, DistributeYield, PayScheduledYield } from './commands.js';
import { distributable, integralAt } from './integrals.js';
import { YIELD_RULE } from './rules.js';

/** A distribution on command comes no sooner than this after the last one. */
const DISTRIBUTION_GAP_MIN_MS = 1_000;

export function decideChangeApy(state: State, command: ChangeApy, { nowMs }: DecisionContext): Decision {
  if (command.apyPpm === state.yieldAccount.apyPpm) return accept();
  return accept(at(nowMs, { type: 'ApyChanged', data: { apyPpm: command.apyPpm } }));
}

export function decideDistributeYield(state: State, _command: DistributeYield, { nowMs }: DecisionContext): Decision {
  const { lastPayoutMs } = state.yieldAccount;
  if (lastPayoutMs !== null && nowMs - lastPayoutMs < DISTRIBUTION_GAP_MIN_MS) return accept();
  return distributeThrough(state, { throughMs: nowMs, nowMs });
}

/**
 * A stake that changed after the interval's end has carried the integrals past it, and they do not run backwards: then the
 * tick pays through that change instead. Every replica decides the same from the same state, and the next one finds it done.
 */
export function decideScheduledYield(state: State, _command: PayScheduledYield, { nowMs }: DecisionContext): Decision {
  const intervalMs = state.settings.tickSeconds * 1_000;
  const boundaryMs = Math.floor(nowMs / intervalMs) * intervalMs;
  const { lastPayoutMs, computedMs } = state.yieldAccount;
  if (lastPayoutMs !== null && lastPayoutMs >= boundaryMs) return accept();
  return distributeThrough(state, { throughMs: Math.max(boundaryMs, computedMs), nowMs });
}

function distributeThrough(state: State, { throughMs, nowMs }: { throughMs: number; nowMs: number }): Decision {
  const total = distributable(state.yieldAccount, throughMs);
  if (total === 0n) return accept();
  const integral = integralAt(state.yieldAccount, throughMs).toString();
  return accept(
    at(nowMs, { type: 'YieldDistributed', data: { rule: YIELD_RULE, throughMs, integral, total: toText(total) } }),
  );
}
