import type { ArchiveManifest } from './manifest.js';

/** A version of a timeline on which another one stands. */
interface Point {
  readonly name: string;
  readonly forkVersion: number;
}

interface Kept<Value> {
  /** How many forks are to come. */
  forks: number;
  value: Value | undefined;
}

/** What the forks of an archive need of the versions that they stand on, kept from the reading of those until they begin. */
export class ForkPoints<Value> {
  readonly #parents: ReadonlyMap<string, Point | null>;
  /** By the timeline whose own log has the version, and by version. */
  readonly #points = new Map<string, Map<number, Kept<Value>>>();
  #here: Map<number, Kept<Value>> | undefined;
  /** Versions of the timeline under way that are still to come, the next one last. */
  #toCome: number[] = [];

  constructor({ timelines }: ArchiveManifest) {
    this.#parents = new Map(timelines.map(({ name, parent }) => [name, parent]));
    for (const { parent } of timelines) {
      if (parent === null) continue;
      const keeper = this.#keeperOf(parent);
      const points = this.#points.get(keeper) ?? new Map<number, Kept<Value>>();
      const { forks } = points.get(parent.forkVersion) ?? { forks: 0 };
      this.#points.set(keeper, points.set(parent.forkVersion, { forks: forks + 1, value: undefined }));
    }
  }

  /** The commits that come are this timeline's. */
  enter(name: string): void {
    this.#here = this.#points.get(name);
    this.#toCome = [...(this.#here?.keys() ?? [])].sort((left, right) => right - left);
  }

  /** The versions of a commit on which forks stand. */
  *within({ lastVersion }: { readonly lastVersion: number }): Generator<number> {
    for (let version = this.#toCome.at(-1); version !== undefined; version = this.#toCome.at(-1)) {
      if (version > lastVersion) return;
      this.#toCome.pop();
      yield version;
    }
  }

  /** Whether a fork stands on this version of the timeline that was entered. */
  isAt(version: number): boolean {
    return this.#here?.has(version) === true;
  }

  keep(version: number, value: Value): void {
    const point = this.#here?.get(version);
    if (point !== undefined) point.value = value;
  }

  /** What a fork that begins needs; undefined where it was not kept. Forgotten with the last fork. */
  take(at: Point): Value | undefined {
    const points = this.#points.get(this.#keeperOf(at));
    const point = points?.get(at.forkVersion);
    if (point === undefined) return undefined;
    point.forks -= 1;
    if (point.forks === 0) points?.delete(at.forkVersion);
    return point.value;
  }

  /** The timeline whose own log has the version: a fork of a fork may branch off below its parent's own beginning. */
  #keeperOf({ name, forkVersion }: Point): string {
    let keeper = name;
    for (;;) {
      const parent = this.#parents.get(keeper) ?? null;
      if (parent === null || forkVersion > parent.forkVersion) return keeper;
      keeper = parent.name;
    }
  }
}
