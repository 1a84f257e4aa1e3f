import type { SeriesPoint } from './contract.js';

/** What is kept of the points of one bucket. */
interface Bucket<Value> {
  /** Versions from `index × width` on are in it. */
  readonly index: number;
  readonly first: SeriesPoint<Value>;
  readonly lowest: SeriesPoint<Value>;
  readonly highest: SeriesPoint<Value>;
  readonly last: SeriesPoint<Value>;
}

const POINTS_PER_BUCKET = 4;

/**
 * Takes in any number of points in order of version and keeps a bounded number: all of them while they are few enough, else
 * the first, lowest, highest and last of each bucket. Buckets are stretches of versions of one width, which doubles when
 * there are too many with something in them, so that a stretch in which nothing happened costs no points.
 */
export class Sampler<Value> {
  readonly #pointsMax: number;
  readonly #bucketsMax: number;
  readonly #compare: (one: Value, other: Value) => number;
  #all: SeriesPoint<Value>[] | null = [];
  #buckets: Bucket<Value>[] = [];
  #width = 1;
  #total = 0;

  constructor(of: { readonly pointsMax: number; readonly compare: (one: Value, other: Value) => number }) {
    this.#pointsMax = of.pointsMax;
    this.#bucketsMax = Math.max(1, Math.floor(of.pointsMax / POINTS_PER_BUCKET));
    this.#compare = of.compare;
  }

  /** Points that were added. */
  get total(): number {
    return this.#total;
  }

  add(point: SeriesPoint<Value>): void {
    this.#total += 1;
    if (this.#all === null) {
      this.#intoBucket(point);
      return;
    }
    this.#all.push(point);
    if (this.#all.length <= this.#pointsMax) return;
    for (const kept of this.#all) this.#intoBucket(kept);
    this.#all = null;
  }

  /** In order of version. */
  points(): readonly SeriesPoint<Value>[] {
    if (this.#all !== null) return this.#all;
    return this.#buckets.flatMap(({ first, lowest, highest, last }) => {
      const kept = this.#pointsMax < POINTS_PER_BUCKET ? [first, last] : [first, lowest, highest, last];
      return [...new Set(kept)].sort((a, b) => a.version - b.version);
    });
  }

  #intoBucket(point: SeriesPoint<Value>): void {
    const index = Math.floor(point.version / this.#width);
    this.#push({ index, first: point, lowest: point, highest: point, last: point });
    while (this.#buckets.length > this.#bucketsMax) this.#double();
  }

  #double(): void {
    const narrow = this.#buckets;
    this.#width *= 2;
    this.#buckets = [];
    for (const bucket of narrow) this.#push({ ...bucket, index: Math.floor(bucket.index / 2) });
  }

  #push(bucket: Bucket<Value>): void {
    const before = this.#buckets.at(-1);
    if (before?.index === bucket.index) this.#buckets[this.#buckets.length - 1] = this.#joined(before, bucket);
    else this.#buckets.push(bucket);
  }

  #joined(before: Bucket<Value>, after: Bucket<Value>): Bucket<Value> {
    const isLower = this.#compare(after.lowest.value, before.lowest.value) < 0;
    const isHigher = this.#compare(after.highest.value, before.highest.value) > 0;
    return {
      index: before.index,
      first: before.first,
      lowest: isLower ? after.lowest : before.lowest,
      highest: isHigher ? after.highest : before.highest,
      last: after.last,
    };
  }
}
