/**
 * The canonical text: every value stands behind its length and a colon, so no two lists of values share their text.
 * Lengths count UTF-16 code units of the text; what is hashed is its UTF-8.
 */
export const field = (value: string): string => `${value.length}:${value}`;

export const list = (values: readonly string[]): string => values.map(field).join('');

/** Fields of one entry, by name; `undefined` stands for a field at its default, which is left out. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** One entry: its id, how many fields, then each by name. `names` are in order of code point. */
export function entry(id: string, fields: Fields, names: readonly string[]): string {
  let text = '';
  let count = 0;
  for (const name of names) {
    const value = fields[name];
    if (value === undefined) continue;
    count += 1;
    text += field(name) + field(value);
  }
  return `${field(id)}${count}:${text}`;
}

/** Optional values, left out at their default. */
export const integer = (value: bigint | number): string | undefined =>
  value === 0n || value === 0 ? undefined : value.toString();
export const text = (value: string | null): string | undefined => (value === null || value === '' ? undefined : value);

/** A text that is not what this build writes. */
export class MalformedCanonicalText extends Error {
  override readonly name = 'MalformedCanonicalText';
}

/** Reads canonical text from left to right. */
export class CanonicalReader {
  readonly #text: string;
  #position = 0;

  constructor(source: string) {
    this.#text = source;
  }

  get atEnd(): boolean {
    return this.#position === this.#text.length;
  }

  count(): number {
    const colon = this.#text.indexOf(':', this.#position);
    const digits = colon < 0 || colon - this.#position > 15 ? '' : this.#text.slice(this.#position, colon);
    if (!/^\d+$/.test(digits)) throw new MalformedCanonicalText(`no length at ${this.#position}`);
    this.#position = colon + 1;
    return Number(digits);
  }

  field(): string {
    const length = this.count();
    const end = this.#position + length;
    if (end > this.#text.length) throw new MalformedCanonicalText(`cut off at ${this.#text.length}`);
    const value = this.#text.slice(this.#position, end);
    this.#position = end;
    return value;
  }

  fields(): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    for (let left = this.count(); left > 0; left -= 1) {
      const name = this.field();
      fields.set(name, this.field());
    }
    return fields;
  }
}

export function readList(source: string): readonly string[] {
  const reader = new CanonicalReader(source);
  const values: string[] = [];
  while (!reader.atEnd) values.push(reader.field());
  return values;
}
