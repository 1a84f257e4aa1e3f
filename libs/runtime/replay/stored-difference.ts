import type { Difference, FieldValue, RecordFields } from '#domain';
import type { FirstDifference } from './contract.js';

/** A text in a difference is cut there: documents may be long. */
const TEXT_SHOWN_MAX = 1_000;

/** As JSON text, for the log to keep. JSON has no integers of any size, so that those travel as texts. */
export const storedDifference = (difference: FirstDifference): string =>
  JSON.stringify(difference, (_name, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'string' ? value.slice(0, TEXT_SHOWN_MAX) : value;
  });

/** From the text that `storedDifference` gave. */
export function readDifference(text: string): FirstDifference {
  const stored = JSON.parse(text) as FirstDifference;
  return { ...stored, differences: stored.differences.map(withIntegers) };
}

const withIntegers = ({ left, right, ...position }: Difference): Difference => ({
  ...position,
  left: left && fieldsWithIntegers(left),
  right: right && fieldsWithIntegers(right),
});

const fieldsWithIntegers = (fields: RecordFields): RecordFields =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldWithIntegers(field)]));

function fieldWithIntegers(field: FieldValue): FieldValue {
  switch (field.unit) {
    case 'micro':
      return {
        unit: 'micro',
        value: Array.isArray(field.value) ? field.value.map(BigInt) : BigInt(field.value as bigint),
      };
    case 'integer':
      return { unit: 'integer', value: BigInt(field.value) };
    case 'ppm':
    case 'ms':
    case 'tenths':
    case 'millionths':
    case 'count':
    case 'text':
      return field;
  }
}
