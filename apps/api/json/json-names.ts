import { JsonFault } from './json-fault.js';

/** So many names of an object are compared one with another; of more, and of those with escapes, a set is kept. */
const NAMES_COMPARED_MAX = 16;
/** So much of a name is shown. */
const NAME_SHOWN_MAX = 128;
const BACKSLASH = 0x5c;

/** The names of the objects that are open in a text, to find one that an object has twice. */
export class JsonNames {
  readonly #bytes: Buffer;
  readonly #namesMax: number;
  /** Where each name begins and ends, and a sum over its bytes: of the outermost object first. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #sums: number[] = [];
  /** How many there are. */
  #count = 0;
  /** Of each object that is open: where its names begin. */
  readonly #from: number[] = [];
  /** Of each object that is open: its names, if they are many. */
  readonly #sets: (Set<string> | undefined)[] = [];
  /** The last of them. */
  #object = -1;

  /** @param namesMax Of one object. */
  constructor(bytes: Buffer, namesMax: number) {
    this.#bytes = bytes;
    this.#namesMax = namesMax;
  }

  /** An object begins. */
  open(): void {
    this.#object += 1;
    this.#from[this.#object] = this.#count;
    this.#sets[this.#object] = undefined;
  }

  /** It ends. */
  close(): void {
    this.#count = this.#from[this.#object] ?? 0;
    this.#object -= 1;
  }

  /** Between these two offsets stands a name of it. @throws JsonFault */
  note(start: number, end: number): void {
    const bytes = this.#bytes;
    let sum = 0;
    let isPlain = true;
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === BACKSLASH) isPlain = false;
      sum = (Math.imul(sum, 31) + byte) | 0;
    }
    const from = this.#from[this.#object] ?? 0;
    const count = this.#count;
    if (!isPlain || count - from >= NAMES_COMPARED_MAX || this.#sets[this.#object] !== undefined) {
      this.#noteInSet(start, end);
      return;
    }
    for (let i = from; i < count; i += 1) {
      if (this.#sums[i] === sum && this.#isSame(i, start, end)) throw this.#repeated(start, end);
    }
    this.#starts[count] = start;
    this.#ends[count] = end;
    this.#sums[count] = sum;
    this.#count = count + 1;
  }

  #isSame(known: number, start: number, end: number): boolean {
    const from = this.#starts[known] ?? 0;
    const to = this.#ends[known] ?? 0;
    return to - from === end - start && this.#bytes.compare(this.#bytes, from, to, start, end) === 0;
  }

  /** `\u0061` is `a`. */
  #noteInSet(start: number, end: number): void {
    const name = JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string;
    const set = this.#setOfObject();
    if (set.has(name)) throw this.#repeated(start, end);
    set.add(name);
    if (set.size > this.#namesMax) {
      throw new JsonFault(`must not have more than ${this.#namesMax} fields in one object`);
    }
  }

  #setOfObject(): Set<string> {
    const known = this.#sets[this.#object];
    if (known !== undefined) return known;
    const set = new Set<string>();
    for (let i = this.#from[this.#object] ?? 0; i < this.#count; i += 1) {
      set.add(this.#bytes.toString('utf8', this.#starts[i], this.#ends[i]));
    }
    this.#sets[this.#object] = set;
    return set;
  }

  #repeated(start: number, end: number): JsonFault {
    const shown = this.#bytes.toString('utf8', start, Math.min(end, start + NAME_SHOWN_MAX));
    return new JsonFault(`must not have two fields named "${shown}" in one object`);
  }
}
