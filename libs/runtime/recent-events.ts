import type { RecordedEvent } from '#event-log';

/** Kept for followers, so that a stream near the head asks nothing of the database. */
const EVENTS_KEPT_MAX = 2_000;

/** The last committed events of a timeline, without a gap. */
export class RecentEvents {
  #events: RecordedEvent[] = [];

  add(events: readonly RecordedEvent[]): void {
    for (const event of events) this.#events.push(event);
    if (this.#events.length > 2 * EVENTS_KEPT_MAX) this.#events = this.#events.slice(-EVENTS_KEPT_MAX);
  }

  clear(): void {
    this.#events = [];
  }

  /** The events after a version, or undefined if they reach further back than what is kept. */
  after(version: number): readonly RecordedEvent[] | undefined {
    const first = this.#events[0]?.version;
    if (first === undefined || version + 1 < first) return undefined;
    return this.#events.slice(version + 1 - first);
  }
}
