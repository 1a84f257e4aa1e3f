import type { NotStorable } from '#event-log';
import type { Group } from './group.js';

/**
 * How many entries the next group may hold. Where the database refuses what a group holds, one entry's data is at fault:
 * groups are halved until it stands alone, and grow again with each that is appended.
 */
export class GroupSize {
  readonly #limit: number;
  #entriesMax: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#entriesMax = limit;
  }

  get entriesMax(): number {
    return this.#entriesMax;
  }

  /** A group was appended. */
  grow(): void {
    if (this.#entriesMax < this.#limit) this.#entriesMax = Math.min(this.#limit, this.#entriesMax * 2);
  }

  /** A group was refused for its data. Nothing of it was settled: what was not at fault is decided again. */
  separate(group: Group, fault: NotStorable): void {
    const parts = group.separable;
    if (parts > 1) this.#entriesMax = parts >> 1;
    else group.refuseAsNotStorable(fault);
  }
}
