import { validateSync } from 'class-validator';
import { malformedInput } from '../problems/problem-error.js';
import type { InputError } from '../problems/problems.js';
import { fieldsOf, type Dto } from './field.js';
import type { FieldRule } from './rule.js';

/** So many errors are told at once; a batch can have thousands. */
const ERRORS_MAX = 100;
/** A name as long as this is cut in a pointer. */
const NAME_SHOWN_MAX = 128;

/** Collects what is wrong with one request. */
export class InputErrors {
  /** The first of them, in order. */
  readonly list: InputError[] = [];
  count = 0;

  /** Nothing that is found from now on is told: whoever reads something long can stop. */
  get isFull(): boolean {
    return this.count >= ERRORS_MAX;
  }

  add(pointer: string, detail: string): void {
    this.count += 1;
    if (this.list.length < ERRORS_MAX) this.list.push({ pointer, detail });
  }

  /** @throws ProblemError `malformed-input`, if anything is wrong */
  throwIfAny(): void {
    if (this.count > 0) throw malformedInput(this.list);
  }
}

/**
 * Reads given values into a request class and checks them. Fields that the class does not have are refused by name.
 * Whatever is wrong goes to `errors`, below `pointer`; then the result is undefined.
 */
export function readFields<Values extends object>(
  dto: Dto<Values>,
  given: unknown,
  { pointer, errors }: { readonly pointer: string; readonly errors: InputErrors },
): Values | undefined {
  if (!isPlainObject(given)) {
    errors.add(pointer, 'must be an object');
    return undefined;
  }
  const before = errors.count;
  const values = new dto();
  assignKnown(dto, { values: values as Record<string, unknown>, given, pointer, errors });
  if (!passes(dto, values)) explain(values, { given, pointer, errors });
  return errors.count === before ? values : undefined;
}

/**
 * The rules themselves, which class-validator has as well: what passes them, as nearly everything does, is spared its
 * executor. That would take longer than all the rest of reading a command, ten thousand times in a large batch.
 */
function passes(dto: Dto, values: object): boolean {
  for (const [name, { rule, optional }] of fieldsOf(dto)) {
    const value = (values as Record<string, unknown>)[name];
    if (!(optional && value === undefined) && !rule.test(value)) return false;
  }
  return true;
}

/** What is wrong, field by field. */
function explain(
  values: object,
  { given, pointer, errors }: { readonly given: object; readonly pointer: string; readonly errors: InputErrors },
): void {
  const failures = validateSync(values, { stopAtFirstError: true, forbidUnknownValues: false });
  for (const { property, constraints = {} } of failures) {
    const [message = 'cannot be accepted'] = Object.values(constraints);
    const missing = !Object.hasOwn(given, property);
    errors.add(`${pointer}/${property}`, missing ? `is required, and ${message}` : message);
  }
  if (failures.length === 0) errors.add(pointer, 'cannot be accepted');
}

/**
 * Fields that were read, in their canonical form: two requests that mean the same have the same. The object itself where all of
 * them are in it already.
 */
export function canonicalFields(dto: Dto, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let canonical: Record<string, unknown> | undefined;
  for (const [name, { rule, nested }] of fieldsOf(dto)) {
    if (!Object.hasOwn(given, name)) continue;
    const value = given[name];
    const form = nested !== undefined && isPlainObject(value) ? canonicalFields(nested, value) : oneForm(rule, value);
    if (form === value) continue;
    canonical ??= { ...given };
    if (form === undefined) delete canonical[name];
    else canonical[name] = form;
  }
  return canonical ?? given;
}

const oneForm = ({ canonical }: FieldRule, value: unknown): unknown =>
  canonical === undefined ? value : canonical(value);

/** Only names that the class has are assigned, so that `__proto__` stays what it is: an unknown name. */
function assignKnown(
  dto: Dto,
  into: {
    readonly values: Record<string, unknown>;
    readonly given: Readonly<Record<string, unknown>>;
    readonly pointer: string;
    readonly errors: InputErrors;
  },
): void {
  const { values, given, pointer, errors } = into;
  const fields = fieldsOf(dto);
  for (const name of Object.keys(given)) {
    if (errors.isFull) return;
    const field = fields.get(name);
    const value = given[name];
    if (field === undefined) errors.add(`${pointer}/${pointerToken(name)}`, 'is not a field of this request');
    else if (field.nested === undefined || !isPlainObject(value)) values[name] = value;
    else
      values[name] = readFields(field.nested, value, { pointer: `${pointer}/${name}`, errors }) ?? new field.nested();
  }
}

export const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A reference token of a JSON Pointer, cut to what is worth showing. */
export const pointerToken = (name: string): string =>
  name.slice(0, NAME_SHOWN_MAX).replaceAll('~', '~0').replaceAll('/', '~1');
