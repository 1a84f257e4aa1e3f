import { extendChain, genesisHash, linkEvent, type Head, type RecordedCommit, type RecordedEvent } from '#event-log';
import type { ChainHash } from '#event-log';
import { NotOfThatShape } from './decode.js';
import { ForkPoints } from './fork-points.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';

/** The chain of each timeline of an archive, computed anew from its genesis. Throws `NotOfThatShape`. */
export class Chains {
  readonly #timelines: ReadonlyMap<string, ArchivedTimeline>;
  readonly #hashes: ForkPoints<ChainHash>;
  #head: Head | undefined;

  constructor(manifest: ArchiveManifest) {
    this.#timelines = new Map(manifest.timelines.map((timeline) => [timeline.name, timeline]));
    this.#hashes = new ForkPoints(manifest);
  }

  begin(name: string): void {
    const timeline = this.#timelines.get(name);
    if (timeline === undefined) throw new NotOfThatShape(`timeline ${name} is not in the manifest`);
    const { parent } = timeline;
    const hash = genesisHash(parent && { forkVersion: parent.forkVersion, hashAtFork: this.#hashAt(parent) });
    if (hash !== timeline.genesisHash) throw new NotOfThatShape('the genesis hash is not that of its parent’s version');
    this.#head = { version: parent?.forkVersion ?? 0, hash };
    this.#hashes.enter(name);
  }

  add(commit: RecordedCommit, events: readonly RecordedEvent[]): void {
    if (this.#head === undefined) throw new NotOfThatShape('a commit of no timeline');
    this.#noteForkPoints(this.#head, commit, events);
    this.#head = extendChain(this.#head, events, commit).head;
    if (this.#head.hash !== commit.hash) {
      const { firstVersion, lastVersion } = commit;
      throw new NotOfThatShape(`versions ${firstVersion} to ${lastVersion} do not lead to their commit’s chain hash`);
    }
  }

  #hashAt(point: { readonly name: string; readonly forkVersion: number }): ChainHash {
    const hash = this.#hashes.take(point);
    if (hash === undefined)
      throw new NotOfThatShape(`version ${point.forkVersion} of ${point.name} is not in the archive`);
    return hash;
  }

  /** Within a commit the hash is the link at that version; at its end it is the commit's. */
  #noteForkPoints(before: Head, commit: RecordedCommit, events: readonly RecordedEvent[]): void {
    for (const version of this.#hashes.within(commit)) {
      this.#hashes.keep(version, version === commit.lastVersion ? commit.hash : linkAt(version, before, events));
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
