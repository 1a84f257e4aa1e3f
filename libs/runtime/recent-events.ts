import type { RecordedEvent } from '#event-log';

/** Kept for followers, so that a stream near the head asks nothing of the database. */
const EVENTS_KEPT_MAX = 2_000;
/** Length of their data, in UTF-16 code units: an event may carry a document. */
const DATA_KEPT_MAX = 4 * 1_048_576;

/** Of twice as many letters of two bytes each, before they are trimmed, that is an eighth. */
const PART_OF_STATE = 1 / 32;
/** What an event takes in memory besides its data. Measured. */
const BYTES_PER_EVENT = 400;

/** The last committed events of a timeline, without a gap. */
export class RecentEvents {
  readonly #dataKeptMax: number;
  #events: RecordedEvent[] = [];
  #dataLength = 0;

  /** Of a timeline whose state may take so much in memory: they take a small part of that at most. */
  constructor(stateBytesMax = Infinity) {
    this.#dataKeptMax = Math.min(DATA_KEPT_MAX, stateBytesMax * PART_OF_STATE);
  }

  /** What they take in memory; any letters may be among the data. */
  get bytes(): number {
    return 2 * this.#dataLength + BYTES_PER_EVENT * this.#events.length;
  }

  add(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#dataLength += event.data.length;
    }
    if (this.#events.length > 2 * EVENTS_KEPT_MAX || this.#dataLength > 2 * this.#dataKeptMax) this.#trim();
  }

  clear(): void {
    this.#events = [];
    this.#dataLength = 0;
  }

  /** The events after a version, or undefined if they reach further back than what is kept. */
  after(version: number): readonly RecordedEvent[] | undefined {
    const first = this.#events[0]?.version;
    if (first === undefined || version + 1 < first) return undefined;
    return this.#events.slice(version + 1 - first);
  }

  /** Down to the limits at once, and not with every event, so that it costs little. */
  #trim(): void {
    let start = this.#events.length;
    let kept = 0;
    while (start > 0 && this.#events.length - start < EVENTS_KEPT_MAX) {
      kept += this.#events[start - 1]?.data.length ?? 0;
      if (kept > this.#dataKeptMax) break;
      start -= 1;
    }
    this.#events = this.#events.slice(start);
    this.#dataLength = this.#events.reduce((length, { data }) => length + data.length, 0);
  }
}
