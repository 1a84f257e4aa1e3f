import { EVENT_SHAPES, formatDecimal, type EventType, type FieldUnit } from '#domain';
import type { RecordedEvent } from '#event-log';
import { formatPpm, formatTenths } from './decimals.js';
import { formatTime } from './time.js';

/** An event as clients see it: HTTP units, and field names without the unit that the stored form ends in. */
export interface PresentedEvent {
  readonly version: number;
  readonly type: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The name of an outcome by its index in the stored event; undefined where it is not known. */
export type OutcomeName = (marketId: string, index: number) => string | undefined;

const UNIT_SUFFIX = /(?:Ppm|Ms|Tenths)$/;

/** Stored names end in their unit where it is not plain: `apyPpm` is shown as `apy`, `throughMs` as `through`. */
const shownName = (name: string): string => name.replace(UNIT_SUFFIX, '');

/**
 * The stored event in HTTP units: money and rates as decimal text, times as ISO 8601, scores as decimal text with one
 * digit, inputs of virality as numbers, an outcome by its name.
 */
export function presentEvent(event: RecordedEvent, outcomeName: OutcomeName): PresentedEvent {
  const stored = JSON.parse(event.data) as Record<string, unknown>;
  const units = unitsOf(event.type);
  return {
    version: event.version,
    type: event.type,
    at: formatTime(event.atMs),
    data: withOutcome(presentFields(stored, { units, path: '' }), outcomeName),
  };
}

function unitsOf(type: string): Readonly<Record<string, FieldUnit>> {
  return Object.hasOwn(EVENT_SHAPES, type) ? EVENT_SHAPES[type as EventType].units : {};
}

function presentFields(
  stored: Record<string, unknown>,
  { units, path }: { units: Readonly<Record<string, FieldUnit>>; path: string },
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(stored)) {
    const unit = units[path + name];
    shown[unit === undefined ? name : shownName(name)] =
      unit === undefined ? presentValue(value, { units, path: `${path}${name}.` }) : inUnit(value, unit);
  }
  return shown;
}

function presentValue(value: unknown, where: { units: Readonly<Record<string, FieldUnit>>; path: string }): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => presentValue(entry, where));
  return typeof value === 'object' && value !== null ? presentFields(value as Record<string, unknown>, where) : value;
}

function inUnit(value: unknown, unit: FieldUnit): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((entry: unknown) => inUnit(entry, unit));
  switch (unit) {
    case 'micro':
      return formatDecimal(BigInt(value as string));
    case 'ppm':
      return formatPpm(value as number);
    case 'ms':
      return formatTime(value as number);
    case 'tenths':
      return formatTenths(value as number);
    case 'millionths':
      return (value as number) / 1_000_000;
  }
}

function withOutcome(data: Record<string, unknown>, outcomeName: OutcomeName): Record<string, unknown> {
  const { marketId, outcome } = data;
  if (typeof marketId !== 'string' || typeof outcome !== 'number') return data;
  return { ...data, outcome: outcomeName(marketId, outcome) ?? outcome };
}
