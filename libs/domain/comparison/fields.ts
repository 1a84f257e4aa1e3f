/** A value in the domain's units, with what it means; lists and absent values keep the unit. */
export type FieldValue =
  /** Millionths of a unit of money or of a share. */
  | { readonly unit: 'micro'; readonly value: bigint | readonly bigint[] }
  /** An exact integer of any size: an integral, or a remainder of one. */
  | { readonly unit: 'integer'; readonly value: bigint }
  /** As `FieldUnit` has them; a `count` is a plain number. */
  | {
      readonly unit: 'ppm' | 'ms' | 'tenths' | 'millionths' | 'count';
      readonly value: number | readonly number[] | null;
    }
  | { readonly unit: 'text'; readonly value: string | readonly string[] | null };

/** RecordFields of a record by the names that views give them, without the unit. A field that a record lacks is absent. */
export type RecordFields = Readonly<Record<string, FieldValue>>;

type NumberUnit = Extract<FieldValue, { readonly value: number | readonly number[] | null }>['unit'];

export const amount = (value: bigint | readonly bigint[]): FieldValue => ({ unit: 'micro', value });
export const integer = (value: bigint): FieldValue => ({ unit: 'integer', value });
export const text = (value: string | readonly string[] | null): FieldValue => ({ unit: 'text', value });
const numeric =
  (unit: NumberUnit) =>
  (value: number | readonly number[] | null): FieldValue => ({ unit, value });
export const ppm = numeric('ppm');
export const time = numeric('ms');
export const tenths = numeric('tenths');
export const millionths = numeric('millionths');
export const count = numeric('count');

/** The fields of each side that the other does not have alike; null where they are all alike. */
export function differingFields(
  left: RecordFields,
  right: RecordFields,
): { readonly left: RecordFields; readonly right: RecordFields } | null {
  const names = Object.keys({ ...left, ...right }).filter((name) => !isSame(left[name], right[name]));
  return names.length === 0 ? null : { left: pick(left, names), right: pick(right, names) };
}

const pick = (fields: RecordFields, names: readonly string[]): RecordFields =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = fields[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

function isSame(left: FieldValue | undefined, right: FieldValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.value === right.value) return true;
  return Array.isArray(left.value) && Array.isArray(right.value) && haveSame(left.value, right.value);
}

const haveSame = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((value, i) => value === right[i]);
