import { micro, type Micro } from '../units.js';
import { parseIsoMs, scaled, type Rounding } from './numbers.js';

/** Notes what is wrong with a file; the reading goes on, so that all of it is named at once. */
export type Note = (detail: string) => void;

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A number with a unit as the old files have it, and what it is here. */
export interface Scale {
  /** The value here is the number × 10^digits. */
  readonly digits: number;
  readonly least: bigint;
  readonly most: bigint;
  readonly rounding?: Rounding;
}

/**
 * One JSON object of an old file, read field by field. A field that is missing takes its default, if there is one; whatever is
 * wrong is noted with its path, and a neutral value stands in for it.
 */
export class LegacyRecord {
  readonly #object: JsonObject;
  readonly #path: string;
  readonly #note: Note;

  constructor(object: JsonObject, { path, note }: { readonly path: string; readonly note: Note }) {
    this.#object = object;
    this.#path = path;
    this.#note = note;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  text(name: string, byDefault?: string): string {
    const value = this.#value(name) ?? byDefault;
    return this.#checkedText(name, value) ?? '';
  }

  /** A text that `parse` takes. */
  parsed<T extends string>(name: string, parse: (text: string) => T | undefined, what: string): T {
    const text = this.text(name);
    const value = parse(text);
    if (value === undefined && this.has(name)) this.wrong(name, `"${text}" is no ${what}`);
    return value ?? ('' as T);
  }

  /** One of a few words, in whatever case. */
  oneOf<T extends string>(name: string, known: readonly [T, ...T[]], byDefault?: T): T {
    const text = this.text(name, byDefault);
    const value = known.find((candidate) => candidate === text.toLowerCase());
    if (value === undefined && this.has(name)) this.wrong(name, `"${text}" is none of ${known.join(', ')}`);
    return value ?? known[0];
  }

  texts(name: string, byDefault: readonly string[]): readonly string[] {
    const value = this.#value(name) ?? byDefault;
    if (!Array.isArray(value)) {
      this.wrong(name, 'is no list');
      return byDefault;
    }
    return value.map((item: unknown, i) => this.#checkedText(`${name}[${i}]`, item) ?? '');
  }

  /** Money or shares, in micro-units. */
  micro(name: string, scale: Scale, byDefault?: number): Micro {
    return micro(this.#scaled(name, scale, byDefault));
  }

  /** A number that is small enough here to be one again. */
  whole(name: string, scale: Scale): number {
    return Number(this.#scaled(name, scale));
  }

  dateMs(name: string, utcOffsetMinutes: number): number {
    const text = this.text(name);
    const ms = parseIsoMs(text, utcOffsetMinutes);
    if (ms === undefined && this.has(name)) this.wrong(name, `"${text}" is no date`);
    return ms ?? 0;
  }

  object(name: string): JsonObject {
    const value = this.#value(name);
    if (isObject(value)) return value;
    this.wrong(name, value === undefined ? 'is missing' : 'is no object');
    return {};
  }

  wrong(name: string, detail: string): void {
    this.#note(`${this.#path}${name}: ${detail}`);
  }

  /** Python wrote None as null; both mean that nothing was there. */
  #value(name: string): unknown {
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    return value === null ? undefined : value;
  }

  #scaled(name: string, { digits, least, most, rounding }: Scale, byDefault?: number): bigint {
    const value = this.#value(name) ?? byDefault;
    const result = typeof value === 'number' ? scaled(value, digits, rounding) : undefined;
    if (result === undefined) this.wrong(name, value === undefined ? 'is missing' : 'is no number');
    else if (result < least || result > most) this.wrong(name, 'is out of range');
    else return result;
    return 0n;
  }

  #checkedText(name: string, value: unknown): string | undefined {
    if (typeof value !== 'string') this.wrong(name, value === undefined ? 'is missing' : 'is no text');
    else return value;
    return undefined;
  }
}
