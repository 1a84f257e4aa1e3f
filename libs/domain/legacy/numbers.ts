import { TIME_MAX_MS } from '../units.js';

/**
 * Exact readings of what JSON numbers and ISO 8601 texts say, without floating point: a number is taken by its shortest
 * decimal text, which is the same on every machine.
 */
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

export type Rounding = 'half-even' | 'up';

/** `value` × 10^`digits`, whole; undefined if it is not finite. */
export function scaled(value: number, digits: number, rounding: Rounding = 'half-even'): bigint | undefined {
  const match = NUMBER.exec(String(value));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const magnitude = BigInt(whole + fraction);
  const signed = sign === '-' ? -magnitude : magnitude;
  const shift = Number(exponent) - fraction.length + digits;
  return shift >= 0 ? signed * 10n ** BigInt(shift) : divided(signed, 10n ** BigInt(-shift), rounding);
}

function divided(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const truncated = numerator / denominator;
  const floor = truncated * denominator > numerator ? truncated - 1n : truncated;
  const remainder = numerator - floor * denominator;
  if (rounding === 'up') return remainder === 0n ? floor : floor + 1n;
  const twice = remainder * 2n;
  const roundsUp = twice > denominator || (twice === denominator && floor % 2n !== 0n);
  return roundsUp ? floor + 1n : floor;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/;
const DAY_MINUTES = 1_440;
const FEBRUARY = 2;

/**
 * ms since the Unix epoch, cut to the ms; undefined if the text is no date from 1970 to 9999. A text without an offset is
 * read at `utcOffsetMinutes`, positive east of Greenwich.
 */
export function parseIsoMs(text: string, utcOffsetMinutes: number): number | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const [fraction = '', offset] = match.slice(7);
  const offsetMinutes = offset === undefined ? utcOffsetMinutes : minutesOf(offset);
  const days = daysFromEpoch(year, month, day);
  const minutes = days * DAY_MINUTES + hour * 60 + minute - offsetMinutes;
  const ms = minutes * 60_000 + second * 1_000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return ms >= 0 && ms <= TIME_MAX_MS ? ms : undefined;
}

/** `Z`, `+05:30` or `-08:00` in minutes. */
function minutesOf(offset: string): number {
  if (offset === 'Z') return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
  return offset.startsWith('-') ? -minutes : minutes;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function daysInMonth(year: number, month: number): number {
  if (month === FEBRUARY) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days since 1970-01-01 in the Gregorian calendar, by eras of 400 years that begin on 1 March. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const yearFromMarch = month <= FEBRUARY ? year - 1 : year;
  const era = Math.floor(yearFromMarch / 400);
  const yearOfEra = yearFromMarch - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
