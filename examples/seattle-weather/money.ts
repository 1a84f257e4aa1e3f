/** Amounts are micro-units in bigints here, and decimal text such as "250.5" in requests and replies. */

export const UNIT = 1_000_000n;

export function toMicro(decimal: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  if (match === null) throw new Error(`Not an amount: ${decimal}`);
  const [, sign, whole = '0', fraction = ''] = match;
  const micro = BigInt(whole) * UNIT + BigInt(fraction.padEnd(6, '0'));
  return sign === '-' ? -micro : micro;
}

export function toDecimal(micro: bigint): string {
  const sign = micro < 0n ? '-' : '';
  const magnitude = micro < 0n ? -micro : micro;
  const fraction = (magnitude % UNIT).toString().padStart(6, '0').replace(/0+$/, '');
  return `${sign}${magnitude / UNIT}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Whole hundredths of a unit, rounded down; what a bot decides with is a number, what it pays is not. */
export const fromUnits = (units: number): bigint => BigInt(Math.floor(units * 100)) * (UNIT / 100n);

/** For deciding only: beyond 2⁵³ micro-units the last digits are lost. */
export const toUnits = (micro: bigint): number => Number(micro) / Number(UNIT);
