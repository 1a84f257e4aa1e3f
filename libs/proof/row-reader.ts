/** Reads rows in order, one or several at a time, out of the pages that they come in. */
export class RowReader<Row> {
  readonly #pages: AsyncIterator<readonly Row[]>;
  #page: readonly Row[] = [];
  #next = 0;

  constructor(pages: AsyncIterable<readonly Row[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  /** The next row, which stays the next one; undefined at the end. */
  async peek(): Promise<Row | undefined> {
    while (this.#next >= this.#page.length) {
      const next = await this.#pages.next();
      if (next.done === true) return undefined;
      [this.#page, this.#next] = [next.value, 0];
    }
    return this.#page[this.#next];
  }

  async take(): Promise<Row | undefined> {
    const row = await this.peek();
    if (row !== undefined) this.#next += 1;
    return row;
  }

  /** The next rows, up to `count` of them: fewer at the end. */
  async takeUpTo(count: number): Promise<Row[]> {
    const rows: Row[] = [];
    while (rows.length < count && (await this.peek()) !== undefined) {
      const end = this.#next + count - rows.length;
      const taken = this.#page.slice(this.#next, end);
      for (const row of taken) rows.push(row);
      this.#next += taken.length;
    }
    return rows;
  }

  /** Gives back whatever was fetched ahead. */
  async close(): Promise<void> {
    await this.#pages.return?.();
  }
}
