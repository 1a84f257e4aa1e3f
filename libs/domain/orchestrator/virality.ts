import { decay, ONE } from './decay.js';
import type { ViralityInputs } from './state.js';

/** The rule a `WorldEventIngested` names. */
export const VIRALITY_RULE = 'virality-1';

export const VIRALITY_MAX_TENTHS = 1_000;

/** One point of virality in the scale that makes every term below an integer. */
const POINT = 100_000_000n;

const atMost = (value: bigint, points: bigint): bigint => (value < points * POINT ? value : points * POINT);

/**
 * (0.5·min(100, social/10) + 0.3·min(100, 5·velocity) + 0.2·min(100, 2000·volatility) + 20·|sentiment|) × 0.95^hours,
 * clamped to 100 and rounded half up to tenths, once.
 */
export function viralityTenths(inputs: ViralityInputs, ageMs: number): number {
  const sentiment = BigInt(Math.abs(inputs.sentiment));
  const score =
    atMost(BigInt(inputs.socialVolume) * 5n, 50n) +
    atMost(BigInt(inputs.newsVelocity) * 150n, 30n) +
    atMost(BigInt(inputs.assetVolatility) * 40_000n, 20n) +
    sentiment * 2_000n;
  const unit = POINT * ONE;
  const tenths = (score * decay(ageMs) * 10n + unit / 2n) / unit;
  return Number(tenths < BigInt(VIRALITY_MAX_TENTHS) ? tenths : BigInt(VIRALITY_MAX_TENTHS));
}
