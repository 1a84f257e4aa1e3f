import { formatDecimal, type FieldValue, type RecordFields } from '#domain';
import { formatPpm, formatTenths } from './decimals.js';
import { formatTime } from './time.js';

/** A record's fields in HTTP units, by name; null where there is no such record. */
export function presentRecord(fields: RecordFields | null): Readonly<Record<string, unknown>> | null {
  if (fields === null) return null;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, presentField(field)]));
}

function presentField(field: FieldValue): unknown {
  switch (field.unit) {
    case 'micro':
      return each(field.value, formatDecimal);
    case 'integer':
      return field.value.toString();
    case 'ppm':
      return each(field.value, formatPpm);
    case 'ms':
      return each(field.value, formatTime);
    case 'tenths':
      return each(field.value, formatTenths);
    case 'millionths':
      return each(field.value, (value) => value / 1_000_000);
    case 'count':
    case 'text':
      return field.value;
  }
}

function each<Value>(value: Value | readonly Value[] | null, show: (one: Value) => unknown): unknown {
  if (value === null) return null;
  return Array.isArray(value) ? (value as readonly Value[]).map(show) : show(value as Value);
}
