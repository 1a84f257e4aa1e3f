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

/**
 * Makes a text that stands for itself of one that was read. What an engine cuts out of a text may keep the whole of that
 * alive: a state would hold the text of the snapshot that it was read from.
 */
export type KeepText = (text: string) => string;

/** Any engine copies to put a letter before a text, and what is cut out of the copy keeps nothing else alive. */
export const keepText: KeepText = (text) => (text.length < 13 ? text : ` ${text}`.slice(1));

/** Reads canonical text from left to right. It may come in pieces, so that all of it need never be there at once. */
export class CanonicalReader {
  readonly #pieces: Iterator<string> | undefined;
  #text: string;
  #position = 0;
  /** Code units before those at hand. */
  #before = 0;

  constructor(source: string | Iterable<string>) {
    this.#text = typeof source === 'string' ? source : '';
    this.#pieces = typeof source === 'string' ? undefined : source[Symbol.iterator]();
  }

  /** How many code units were read. */
  get consumed(): number {
    return this.#before + this.#position;
  }

  get atEnd(): boolean {
    return !this.#has(1);
  }

  /** A number of rows, fields or code units. */
  count(): number {
    // A length has at most 15 digits, and is followed by a colon.
    this.#has(16);
    const colon = this.#text.indexOf(':', this.#position);
    const digits = colon < 0 || colon - this.#position > 15 ? '' : this.#text.slice(this.#position, colon);
    if (!/^\d+$/.test(digits)) throw new MalformedCanonicalText('no length where one was expected');
    this.#position = colon + 1;
    return Number(digits);
  }

  /** The value behind its length. */
  field(): string {
    return this.take(this.count());
  }

  /** So many code units of what is next. */
  take(length: number): string {
    if (!this.#has(length)) throw new MalformedCanonicalText('it is cut off');
    const end = this.#position + length;
    const value = this.#text.slice(this.#position, end);
    this.#position = end;
    return value;
  }

  /** The fields of an entry, by name. */
  fields(): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    for (let left = this.count(); left > 0; left -= 1) {
      const name = this.field();
      fields.set(name, this.field());
    }
    return fields;
  }

  /** Whether so many code units are there; gets more where they are not at hand. */
  #has(length: number): boolean {
    if (this.#position + length <= this.#text.length) return true;
    if (this.#pieces === undefined) return false;
    const parts = [this.#text.slice(this.#position)];
    let missing = length - (parts[0]?.length ?? 0);
    while (missing > 0) {
      const next = this.#pieces.next();
      if (next.done === true) break;
      parts.push(next.value);
      missing -= next.value.length;
    }
    if (parts.length > 1) {
      this.#before += this.#position;
      [this.#text, this.#position] = [parts.join(''), 0];
    }
    return missing <= 0;
  }
}

export function readList(source: string): readonly string[] {
  const reader = new CanonicalReader(source);
  const values: string[] = [];
  while (!reader.atEnd) values.push(reader.field());
  return values;
}
