import { TIME_MAX_MS } from '#domain';

const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * ISO 8601 with `Z` or an offset → ms since the Unix epoch, fractions cut to ms; undefined for anything else, for dates
 * that do not exist, and outside 1970-01-01 to 9999-12-31. `Date.parse` takes more: it reads a missing offset as local
 * time, and 30 February as 2 March.
 */
export function parseTime(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = match;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const offsetMs = parseOffset(zone);
  // Date.UTC carries what does not exist over into the next month, and takes the years 0 to 99 for 1900 to 1999.
  if (offsetMs === undefined || !new Date(dayMs).toISOString().startsWith(`${year}-${month}-${day}`)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const clockMs = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1_000;
  const ms = dayMs + clockMs + Number(fraction.padEnd(3, '0').slice(0, 3)) - offsetMs;
  return ms >= 0 && ms <= TIME_MAX_MS ? ms : undefined;
}

/**
 * ms since the Unix epoch → `1970-01-01T00:00:00.000Z`. A time that no timeline has, as a row that was edited by hand may have
 * it, is shown as the nearest that there is: one row must not take the list away from everybody.
 */
export const formatTime = (ms: number): string => new Date(Math.min(Math.max(ms, 0), TIME_MAX_MS)).toISOString();

function parseOffset(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
