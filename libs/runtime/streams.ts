import { Overloaded } from './contract.js';

/** The streams that a process holds open, of all kinds together; a bounded number. */
export class Streams {
  readonly #max: number;
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get open(): number {
    return this.#open;
  }

  /** What `source` gives, counted as a stream while it is read. Rejects with `Overloaded` where there are too many. */
  async *count<T>(source: () => AsyncIterable<T>): AsyncGenerator<T> {
    if (this.#open >= this.#max) throw new Overloaded(`${this.#open} streams are open`);
    this.#open += 1;
    try {
      yield* source();
    } finally {
      this.#open -= 1;
    }
  }
}
