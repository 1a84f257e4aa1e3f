import { pointerToken } from '../fields/read.js';
import { JsonFault, NOT_JSON } from './json-fault.js';
import { JsonNames } from './json-names.js';
import { endOfLiteral, endOfNumber, endOfText } from './json-tokens.js';

/** What a JSON text may be, beyond its bytes. */
export interface JsonBounds {
  /** Containers within each other. */
  readonly depthMax: number;
  /** Values in all. */
  readonly valuesMax: number;
  /** Values in one element of a list that stands in the outermost object, such as a command of a batch. */
  readonly elementValuesMax: number;
  /** Fields of one object, if more than a few. */
  readonly namesMax: number;
}

/** Where a list in the outermost object stands. */
export interface JsonList {
  /** Between these two stands its name. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** Behind its opening bracket. */
  readonly start: number;
  /** Of its closing bracket; -1 before that has come. */
  end: number;
  /** Offsets of commas between its elements, `cutEvery` bytes apart or more. */
  readonly cuts: number[];
}

export interface JsonScanOptions {
  readonly bounds: JsonBounds;
  /** How far apart the cuts of the list are at least; without it there are none. */
  readonly cutEvery?: number;
  /** Looks at each text and each name, between its quotation marks; an object may have a name twice then. @throws JsonFault */
  readonly look?: (start: number, end: number, isName: boolean) => void;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_LIST = 0x5b;
const CLOSING_LIST = 0x5d;
const OPENING_OBJECT = 0x7b;
const CLOSING_OBJECT = 0x7d;

/** The depth at which the elements of a list in the outermost object stand. */
const ELEMENT_DEPTH = 2;

/** What may come next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const NAME = 2;
const NAME_OR_END = 3;
const COLON_NEXT = 4;
const COMMA_OR_END = 5;
const NOTHING = 6;

/**
 * Reads the bytes of a JSON text before a parser makes values of them, which can take hundreds of bytes for two: whether it is
 * JSON, and within bounds, and whether an object has two fields of one name, of which a parser drops the first without a word.
 * It keeps nothing but the names of the objects that are open, and can be left and gone on with anywhere.
 */
export class JsonScan {
  /** The first list in the outermost object; null before it has begun. */
  list: JsonList | null = null;
  readonly #bytes: Buffer;
  readonly #options: JsonScanOptions;
  readonly #names: JsonNames;
  /** By depth: 1 for an object. */
  readonly #kinds: Uint8Array;
  #at = 0;
  #next = VALUE;
  #depth = 0;
  #values = 0;
  /** What `#values` was where the element under way began. */
  #valuesBefore = 0;
  #cutFrom = Number.POSITIVE_INFINITY;
  /** Between these two stands the last name of the outermost object. */
  #nameStart = 0;
  #nameEnd = 0;
  /** The element of a list there that is under way; -1 outside of any. */
  #element = -1;

  constructor(bytes: Buffer, options: JsonScanOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#names = new JsonNames(bytes, options.bounds.namesMax);
    this.#kinds = new Uint8Array(options.bounds.depthMax + 1);
  }

  /** Reads so many bytes more, and the text that they end in; true at the end. @throws JsonFault */
  advance(bytesMax: number): boolean {
    try {
      return this.#advance(bytesMax);
    } catch (error) {
      if (!(error instanceof JsonFault) || error.message === NOT_JSON) throw error;
      throw new JsonFault(error.message, this.#pointer());
    }
  }

  #advance(bytesMax: number): boolean {
    const bytes = this.#bytes;
    const end = Math.min(bytes.length, this.#at + bytesMax);
    let at = this.#at;
    while (at < end) {
      const byte = bytes[at] ?? 0;
      if (byte <= 0x20) {
        if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) throw new JsonFault(NOT_JSON);
        at += 1;
      } else if (byte === QUOTE) at = this.#text(at);
      else if (byte === COLON) {
        if (this.#next !== COLON_NEXT) throw new JsonFault(NOT_JSON);
        this.#next = VALUE;
        at += 1;
      } else if (byte === COMMA) {
        this.#comma(at);
        at += 1;
      } else if (byte === OPENING_OBJECT || byte === OPENING_LIST) {
        this.#open(byte === OPENING_OBJECT, at);
        at += 1;
      } else if (byte === CLOSING_OBJECT || byte === CLOSING_LIST) {
        this.#close(byte === CLOSING_OBJECT, at);
        at += 1;
      } else {
        this.#value();
        at = byte <= 0x39 ? endOfNumber(bytes, at) : endOfLiteral(bytes, at);
        this.#next = this.#depth === 0 ? NOTHING : COMMA_OR_END;
      }
    }
    this.#at = at;
    if (at < bytes.length) return false;
    if (this.#next !== NOTHING) throw new JsonFault(NOT_JSON);
    return true;
  }

  /** Where the scan is: the field of the outermost object, and the element of its list where those are bounded one by one. */
  #pointer(): string {
    if (this.#depth === 0 || this.#kinds[1] !== 1) return '';
    const name = JSON.parse(this.#bytes.toString('utf8', this.#nameStart - 1, this.#nameEnd + 1)) as string;
    const { valuesMax, elementValuesMax } = this.#options.bounds;
    const isInElement = elementValuesMax < valuesMax && this.#depth >= ELEMENT_DEPTH && this.#element >= 0;
    return `/${pointerToken(name)}${isInElement ? `/${this.#element}` : ''}`;
  }

  /** Gives the offset behind it. */
  #text(at: number): number {
    const end = endOfText(this.#bytes, at);
    const isName = this.#next === NAME || this.#next === NAME_OR_END;
    const { look } = this.#options;
    if (isName) {
      if (this.#depth === 1) {
        this.#nameStart = at + 1;
        this.#nameEnd = end - 1;
      }
      if (look === undefined) this.#names.note(at + 1, end - 1);
      this.#next = COLON_NEXT;
    } else {
      this.#value();
      this.#next = this.#depth === 0 ? NOTHING : COMMA_OR_END;
    }
    look?.(at + 1, end - 1, isName);
    return end;
  }

  /** A value begins here. */
  #value(): void {
    if (this.#next > VALUE_OR_END) throw new JsonFault(NOT_JSON);
    const { valuesMax, elementValuesMax } = this.#options.bounds;
    const values = this.#values + 1;
    this.#values = values;
    if (values > valuesMax) throw new JsonFault(`must not have more than ${valuesMax} values`);
    if (values - this.#valuesBefore > elementValuesMax) {
      throw new JsonFault(`must not have more than ${elementValuesMax} values in one of its parts`);
    }
  }

  #comma(at: number): void {
    if (this.#next !== COMMA_OR_END) throw new JsonFault(NOT_JSON);
    const isObject = this.#kinds[this.#depth] === 1;
    this.#next = isObject ? NAME : VALUE;
    if (this.#depth !== ELEMENT_DEPTH || isObject) return;
    this.#valuesBefore = this.#values;
    this.#element += 1;
    if (at < this.#cutFrom) return;
    this.list?.cuts.push(at);
    this.#cutFrom = at + (this.#options.cutEvery ?? 0);
  }

  #open(isObject: boolean, at: number): void {
    this.#value();
    const depth = this.#depth + 1;
    const { depthMax } = this.#options.bounds;
    if (depth > depthMax) throw new JsonFault(`must not be deeper than ${depthMax} levels`);
    this.#depth = depth;
    this.#kinds[depth] = isObject ? 1 : 0;
    if (isObject) this.#names.open();
    this.#next = isObject ? NAME_OR_END : VALUE_OR_END;
    if (depth !== ELEMENT_DEPTH) return;
    this.#element = -1;
    if (isObject || this.#kinds[1] !== 1) return;
    this.#element = 0;
    this.#valuesBefore = this.#values;
    const { cutEvery } = this.#options;
    if (cutEvery === undefined || this.list !== null) return;
    this.list = { nameStart: this.#nameStart, nameEnd: this.#nameEnd, start: at + 1, end: -1, cuts: [] };
    this.#cutFrom = at + cutEvery;
  }

  #close(isObject: boolean, at: number): void {
    const mayEnd = this.#next === COMMA_OR_END || this.#next === (isObject ? NAME_OR_END : VALUE_OR_END);
    if (!mayEnd || this.#depth === 0 || (this.#kinds[this.#depth] === 1) !== isObject) throw new JsonFault(NOT_JSON);
    if (isObject) this.#names.close();
    else if (this.#depth === ELEMENT_DEPTH && this.list?.end === -1) {
      this.list.end = at;
      this.#cutFrom = Number.POSITIVE_INFINITY;
    }
    this.#depth -= 1;
    this.#next = this.#depth === 0 ? NOTHING : COMMA_OR_END;
  }
}
