import {
  extendChain,
  genesisHash,
  linkEvent,
  type ChainHash,
  type Head,
  type RecordedCommit,
  type RecordedEvent,
} from '#event-log';
import { NotOfThatShape } from './decode.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';

/** The chain of each timeline of an archive, computed anew from its genesis. Throws `NotOfThatShape`. */
export class Chains {
  readonly #timelines: ReadonlyMap<string, ArchivedTimeline>;
  /** Hashes that forks stand on, by the timeline that keeps the version and the version; '' until they are known. */
  readonly #forkPoints = new Map<string, Map<number, ChainHash | ''>>();
  /** Versions of the timeline under way that forks stand on and that are still to come, the next one last. */
  #toCome: number[] = [];
  #timeline: ArchivedTimeline | undefined;
  #head: Head | undefined;

  constructor({ timelines }: ArchiveManifest) {
    this.#timelines = new Map(timelines.map((timeline) => [timeline.name, timeline]));
    for (const { parent } of timelines) {
      if (parent === null) continue;
      const keeper = this.#keeperOf(parent);
      const points = this.#forkPoints.get(keeper) ?? new Map<number, ChainHash | ''>();
      this.#forkPoints.set(keeper, points.set(parent.forkVersion, ''));
    }
  }

  begin(name: string): void {
    const timeline = this.#timelines.get(name);
    if (timeline === undefined) throw new NotOfThatShape(`timeline ${name} is not in the manifest`);
    const { parent } = timeline;
    const hash = genesisHash(parent && { forkVersion: parent.forkVersion, hashAtFork: this.#hashAt(parent) });
    if (hash !== timeline.genesisHash) throw new NotOfThatShape('the genesis hash is not that of its parent’s version');
    this.#timeline = timeline;
    this.#head = { version: parent?.forkVersion ?? 0, hash };
    this.#toCome = [...(this.#forkPoints.get(name)?.keys() ?? [])].sort((left, right) => right - left);
  }

  add(commit: RecordedCommit, events: readonly RecordedEvent[]): void {
    if (this.#head === undefined || this.#timeline === undefined) throw new NotOfThatShape('a commit of no timeline');
    this.#noteForkPoints(this.#timeline.name, this.#head, commit, events);
    this.#head = extendChain(this.#head, events, commit).head;
    if (this.#head.hash !== commit.hash) {
      const { firstVersion, lastVersion } = commit;
      throw new NotOfThatShape(`versions ${firstVersion} to ${lastVersion} do not lead to their commit’s chain hash`);
    }
  }

  /** The timeline whose own log has the version: a fork of a fork may branch off below its parent's own beginning. */
  #keeperOf({ name, forkVersion }: { readonly name: string; readonly forkVersion: number }): string {
    let keeper = name;
    for (;;) {
      const parent = this.#timelines.get(keeper)?.parent ?? null;
      if (parent === null || forkVersion > parent.forkVersion) return keeper;
      keeper = parent.name;
    }
  }

  #hashAt(point: { readonly name: string; readonly forkVersion: number }): ChainHash {
    const hash = this.#forkPoints.get(this.#keeperOf(point))?.get(point.forkVersion) ?? '';
    if (hash === '') throw new NotOfThatShape(`version ${point.forkVersion} of ${point.name} is not in the archive`);
    return hash;
  }

  /** Within a commit the hash is the link at that version; at its end it is the commit's. */
  #noteForkPoints(name: string, before: Head, commit: RecordedCommit, events: readonly RecordedEvent[]): void {
    const points = this.#forkPoints.get(name);
    if (points === undefined) return;
    for (let version = this.#toCome.at(-1); version !== undefined; version = this.#toCome.at(-1)) {
      if (version > commit.lastVersion) return;
      points.set(version, version === commit.lastVersion ? commit.hash : linkAt(version, before, events));
      this.#toCome.pop();
    }
  }
}

function linkAt(version: number, before: Head, events: readonly RecordedEvent[]): ChainHash {
  let link = before.hash;
  for (const event of events) {
    if (event.version > version) break;
    link = linkEvent(link, event.version, event);
  }
  return link;
}
