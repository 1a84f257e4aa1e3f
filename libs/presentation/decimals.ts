import { micro, parseDecimal, type Micro } from '#domain';

/** A decimal text that was validated before → millionths: micro-units of money, or ppm. */
export function millionthsOf(text: string): bigint {
  const value = parseDecimal(text);
  if (value === undefined) throw new TypeError(`"${text}" is no decimal text; it should have been refused`);
  return value;
}

/** A validated amount of money or shares → micro-units. */
export const amountOf = (text: string): Micro => micro(millionthsOf(text));

/** A validated rate or price → parts per million. */
export const ppmOf = (text: string): number => Number(millionthsOf(text));

/** A validated score, `"80.5"` → tenths. */
export const tenthsOf = (text: string): number => Number(millionthsOf(text) / 100_000n);

/** Parts per million → decimal text: `50000` → `0.05`. */
export const formatPpm = (ppm: number): string => formatMillionths(String(ppm));

/** `formatDecimal` of an integer in decimal digits, as events store amounts; without the detour over a bigint. */
export function formatMillionths(text: string): string {
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length).padStart(7, '0');
  const point = digits.length - 6;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  const whole = sign + digits.slice(0, point);
  return end === point ? whole : `${whole}.${digits.slice(point, end)}`;
}

/** Tenths → decimal text with exactly one digit after the point: `800` → `80.0`. */
export const formatTenths = (tenths: number): string => (tenths / 10).toFixed(1);
