import type { AppendOutcome, AppendRequest, Head, HeadLock } from './log.js';
import { appendTo, type MemoryTimeline } from './memory-timeline.js';
import { assertProposable } from './proposable.js';

/** The lock of a head of the log in memory. */
export class MemoryHeadLock implements HeadLock {
  readonly head: Head;
  readonly databaseTimeMs = Date.now();
  readonly #timeline: MemoryTimeline;
  readonly #unlock: () => void;
  #held = true;

  constructor(timeline: MemoryTimeline, unlock: () => void) {
    this.head = timeline.head;
    this.#timeline = timeline;
    this.#unlock = unlock;
  }

  append(request: AppendRequest): Promise<AppendOutcome> {
    return settle(() => {
      if (!this.#held) throw new TypeError('the lock of this head was given up already');
      this.#giveUp();
      if (request.timelineId !== this.#timeline.timelineId) throw new TypeError('this is the lock of another timeline');
      request.events.forEach(assertProposable);
      return appendTo(this.#timeline, request);
    });
  }

  release(): Promise<void> {
    return settle(() => this.#giveUp());
  }

  #giveUp(): void {
    this.#held = false;
    this.#unlock();
  }
}

/** What PostgreSQL would answer later, and a fault as a rejection. */
export async function settle<T>(answer: () => T): Promise<T> {
  return Promise.resolve(answer());
}
