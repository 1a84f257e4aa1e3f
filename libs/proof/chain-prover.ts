import {
  linkCheck,
  linkEvent,
  sealCommit,
  type ChainHash,
  type Head,
  type StoredCommit,
  type StoredEvent,
  type StoredRows,
} from '#event-log';
import type { Pace, Violation } from './contract.js';
import { diagnose } from './diagnose.js';
import type { Stretch } from './lineage.js';
import { EVENTS_PER_PIECE } from './pace.js';
import { RowReader } from './row-reader.js';

/** A commit whose rows are exactly those that were written. */
export interface ProvenCommit {
  readonly commit: StoredCommit;
  readonly events: readonly StoredEvent[];
  /** The chain hash at each of its versions: the links, and the seal at the last one. */
  readonly hashes: readonly ChainHash[];
}

/** The next commit, or what is wrong with its rows. */
export type Step = { readonly proven: ProvenCommit } | { readonly violation: Violation };

/**
 * Proves the rows of one stretch, commit by commit: the next row of `commit` must start where the last one ended, the
 * events of its versions must be there and carry the links of the chain, and the seal over the last link must be its hash.
 * The commit that the next timeline branches off in is proven whole.
 */
export class ChainProver {
  readonly #rows: StoredRows;
  readonly #stretch: Stretch;
  readonly #pace: Pace;
  readonly #events: RowReader<StoredEvent>;
  readonly #commits: RowReader<StoredCommit>;
  #head: Head;

  constructor(rows: StoredRows, { stretch, pace, head }: { stretch: Stretch; pace: Pace; head: Head }) {
    const range = { timelineId: stretch.timelineId, afterVersion: head.version };
    this.#rows = rows;
    this.#stretch = stretch;
    this.#pace = pace;
    this.#head = head;
    this.#events = new RowReader(rows.scanEvents(range));
    this.#commits = new RowReader(rows.scanCommits(range));
  }

  async next(): Promise<Step> {
    const commit = await this.#commits.take();
    const proven = commit && (await this.#prove(commit));
    if (proven === undefined) {
      const violation = await diagnose(this.#rows, { stretch: this.#stretch, head: this.#head });
      return { violation };
    }
    this.#head = { version: proven.commit.lastVersion, hash: proven.commit.hash };
    return { proven };
  }

  async close(): Promise<void> {
    await this.#events.close();
    await this.#commits.close();
  }

  /** Undefined where anything is not as it must be; what it is, is found out apart. */
  async #prove(commit: StoredCommit): Promise<ProvenCommit | undefined> {
    const { version, hash } = this.#head;
    if (commit.firstVersion !== version + 1) return undefined;
    const events: StoredEvent[] = [];
    const hashes: ChainHash[] = [];
    let link = hash;
    let dataBytes = 0;
    while (version + events.length < commit.lastVersion) {
      const wanted = Math.min(EVENTS_PER_PIECE, commit.lastVersion - version - events.length);
      const rows = await this.#events.takeUpTo(wanted);
      if (rows.length < wanted) return undefined;
      if (this.#pace.mustRest) await this.#pace.rest();
      const isSound = this.#pace.run(() =>
        rows.every((event) => {
          events.push(event);
          dataBytes += Buffer.byteLength(event.data);
          if (event.version !== version + events.length) return false;
          link = linkEvent(link, event.version, event);
          hashes.push(link);
          return linkCheck(link) === event.check;
        }),
      );
      if (!isSound) return undefined;
    }
    if (commit.dataBytes !== dataBytes || sealCommit(link, commit) !== commit.hash) return undefined;
    hashes[hashes.length - 1] = commit.hash;
    return { commit, events, hashes };
  }
}
