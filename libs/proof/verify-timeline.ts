import {
  genesisHash,
  genesisHead,
  TimelineGone,
  type ChainHash,
  type EventLog,
  type Head,
  type RecordedEvent,
} from '#event-log';
import { ChainProver, type ProvenCommit } from './chain-prover.js';
import type { ExpectedHash, Pace, Verification, VerifyOptions, Violation } from './contract.js';
import { commitInserted, eventInserted } from './diagnose.js';
import { Economy } from './economy.js';
import { readLineage, type Lineage, type Stretch } from './lineage.js';
import { NO_PACE } from './pace.js';

/** What verification asks of a log. */
export type ProvableLog = Pick<EventLog, 'findTimeline' | 'rows'>;

/** Events between two reports of progress. */
const EVENTS_PER_REPORT = 1_000;

/**
 * Proves a timeline's history from the first event of its ancestry to the head that it has now, row by row and without
 * any snapshot or cache, folds it, and audits the economy; names the first row or event that is wrong. Commands go on
 * meanwhile. Undefined where there is no timeline of that name. Rejects with `LogUnavailable`, with the signal's reason,
 * and with `TimelineGone` where the timeline is removed meanwhile.
 */
export async function verifyTimeline(
  log: ProvableLog,
  timeline: string,
  options: VerifyOptions = {},
): Promise<Verification | undefined> {
  const lineage = await readLineage(log, timeline);
  return lineage && new Verifier(log, lineage, options).run();
}

class Verifier {
  readonly #log: ProvableLog;
  readonly #lineage: Lineage;
  readonly #options: VerifyOptions;
  readonly #pace: Pace;
  readonly #expected: readonly ExpectedHash[];
  readonly #economy: Economy;
  #head: Head = genesisHead();
  #commits = 0;
  #events = 0;
  #reported = 0;
  #unbalanced: Violation | null = null;
  /** The fold ended there, the chain goes on: whatever else is wrong is worse. */
  #unreadable: Violation | null = null;

  constructor(log: ProvableLog, lineage: Lineage, options: VerifyOptions) {
    this.#log = log;
    this.#lineage = lineage;
    this.#options = options;
    this.#pace = options.pace ?? NO_PACE;
    this.#expected = [...(options.expected ?? [])].sort((one, other) => one.version - other.version);
    this.#economy = new Economy(this.#pace, options.onGrowth);
  }

  async run(): Promise<Verification> {
    const found = await this.#firstViolation();
    // A removed timeline's rows are deleted under whoever reads them.
    if (found !== undefined) await this.#assertThere();
    // An audit lags behind the chain: what it finds came first.
    const unbalanced = this.#unbalanced ?? (await this.#audit());
    const firstViolation = unbalanced ?? found ?? this.#unreadable;
    const isFolded = unbalanced === null && this.#economy.version === this.#lineage.record.head.version;
    return {
      timeline: this.#lineage.record.name,
      valid: firstViolation === null,
      version: this.#head.version,
      headHash: this.#head.hash,
      commits: this.#commits,
      events: this.#events,
      stateHash: isFolded ? await this.#economy.stateHash() : null,
      firstViolation,
    };
  }

  /** In order of version; at one version first the rows, then what they chain to, then what they say. */
  async #firstViolation(): Promise<Violation | undefined> {
    for (const stretch of this.#lineage.stretches) {
      const violation = this.#enter(stretch) ?? (await this.#strayBefore(stretch)) ?? (await this.#prove(stretch));
      if (violation !== undefined) return violation;
    }
    return (await this.#headViolation()) ?? this.#expectedBeyond();
  }

  /** A fork's genesis covers the chain of its parent up to the fork version. */
  #enter({ name, after, genesisHash: genesis }: Stretch): Violation | undefined {
    const { version, hash } = this.#head;
    const isFork = after > 0;
    if (version === after && genesis === (isFork ? genesisHash({ forkVersion: version, hashAtFork: hash }) : hash)) {
      this.#head = { version, hash: genesis };
      return undefined;
    }
    const detail = isFork
      ? `the fork does not stand on version ${after} of its parent`
      : 'the chain starts from another hash';
    return { version: after, kind: 'genesis', detail, timeline: name };
  }

  /** Rows of the timeline's own before its own first version. */
  async #strayBefore({ timelineId, name, after }: Stretch): Promise<Violation | undefined> {
    const range = { timelineId, afterVersion: null, toVersion: after };
    for await (const [event] of this.#log.rows.scanEvents(range)) {
      if (event !== undefined) return { ...eventInserted(event.version), timeline: name };
    }
    for await (const [commit] of this.#log.rows.scanCommits(range)) {
      if (commit !== undefined) return { ...commitInserted(commit), timeline: name };
    }
    return undefined;
  }

  async #prove(stretch: Stretch): Promise<Violation | undefined> {
    const prover = new ChainProver(this.#log.rows, { stretch, pace: this.#pace, head: this.#head });
    try {
      while (this.#head.version < stretch.to) {
        this.#options.signal?.throwIfAborted();
        const step = await prover.next();
        if ('violation' in step) return step.violation;
        const violation = await this.#accept(step.proven, stretch);
        if (violation !== undefined) return violation;
      }
      return undefined;
    } finally {
      await prover.close();
    }
  }

  async #accept({ commit, events, hashes }: ProvenCommit, stretch: Stretch): Promise<Violation | undefined> {
    if (stretch.isOwn && commit.lastVersion > stretch.to) return headBehind(stretch);
    const shared = events.slice(0, stretch.to - commit.firstVersion + 1);
    const unmet = this.#unmet(shared, hashes, stretch);
    if (unmet !== undefined) return unmet;
    this.#commits += 1;
    this.#events += events.length;
    const last = shared.at(-1)?.version ?? this.#head.version;
    this.#head = { version: last, hash: hashes[shared.length - 1] ?? this.#head.hash };
    this.#report();
    return this.#fold(shared, stretch);
  }

  async #fold(events: readonly RecordedEvent[], { name }: Stretch): Promise<Violation | undefined> {
    if (this.#unreadable !== null) return undefined;
    const fault = await this.#economy.fold(events);
    if (fault?.kind === 'unreadable-event') {
      this.#unreadable = { ...fault, detail: `${fault.detail}; the rows are as they were written`, timeline: name };
    } else if (fault !== undefined) return { ...fault, timeline: name };
    return this.#economy.isAuditDue ? ((await this.#audit()) ?? undefined) : undefined;
  }

  /** A hash that was noted at one of these versions and is another one. */
  #unmet(
    events: readonly RecordedEvent[],
    hashes: readonly ChainHash[],
    { name: timeline }: Stretch,
  ): Violation | undefined {
    const [first] = events;
    if (first === undefined || this.#expected.length === 0) return undefined;
    const hashAt = (version: number): string | undefined => hashes[version - first.version];
    const within = this.#expected.filter(
      ({ version }) => version >= first.version && version < first.version + events.length,
    );
    const unmet = within.find(({ version, hash }) => hashAt(version) !== hash);
    if (unmet === undefined) return undefined;
    const { version, hash } = unmet;
    const detail = `the chain hash at version ${version} is ${hashAt(version)}, not ${hash}`;
    return { version, kind: 'expected-hash', detail, timeline };
  }

  /** Hashes that were noted at versions that the log does not have: its tail was cut off. */
  #expectedBeyond(): Violation | undefined {
    const { name, head } = this.#lineage.record;
    const beyond = this.#expected.find(({ version }) => version > head.version);
    if (beyond === undefined) return undefined;
    const { version } = beyond;
    const detail = `there is no version ${version}: the log ends at version ${head.version}`;
    return { version, kind: 'expected-hash', detail, timeline: name };
  }

  async #headViolation(): Promise<Violation | undefined> {
    const { record, stretches } = this.#lineage;
    const { version } = this.#head;
    const own = stretches.at(-1);
    if (record.head.hash !== this.#head.hash || record.head.version !== version || own === undefined) {
      const detail = `the head does not have the hash of the commit that ends at version ${version}`;
      return { version, kind: 'head', detail, timeline: record.name };
    }
    const { head, eventVersion, commitVersion } = await this.#log.rows.findBeyondHead(record.timelineId);
    if (eventVersion === null && commitVersion === null) return undefined;
    if (head.version === version && (await this.#goesOn(own))) return headBehind(own);
    const { name: timeline } = record;
    if (eventVersion !== null && eventVersion <= (commitVersion ?? eventVersion)) {
      return { ...eventInserted(eventVersion), timeline };
    }
    const range = { timelineId: record.timelineId, afterVersion: head.version };
    for await (const [commit] of this.#log.rows.scanCommits(range)) {
      if (commit !== undefined) return { ...commitInserted(commit), timeline };
    }
    return undefined;
  }

  /** Whether the rows beyond the head are commits that continue it. */
  async #goesOn(stretch: Stretch): Promise<boolean> {
    const prover = new ChainProver(this.#log.rows, { stretch, pace: this.#pace, head: this.#head });
    try {
      return 'proven' in (await prover.next());
    } finally {
      await prover.close();
    }
  }

  async #audit(): Promise<Violation | null> {
    const fault = await this.#economy.audit((toVersion) => this.#reread(toVersion));
    if (fault !== undefined) this.#unbalanced = { ...fault, timeline: this.#keeperOf(fault.version) };
    return this.#unbalanced;
  }

  async *#reread(toVersion: number): AsyncGenerator<readonly RecordedEvent[]> {
    for (const { timelineId, after, to } of this.#lineage.stretches) {
      this.#options.signal?.throwIfAborted();
      if (after >= toVersion) return;
      const range = { timelineId, afterVersion: after, toVersion: Math.min(to, toVersion) };
      yield* this.#log.rows.scanEvents(range);
    }
  }

  #keeperOf(version: number): string {
    const { record, stretches } = this.#lineage;
    return stretches.find(({ to }) => version <= to)?.name ?? record.name;
  }

  #report(): void {
    const { version } = this.#head;
    const of = this.#lineage.record.head.version;
    if (version < of && version - this.#reported < EVENTS_PER_REPORT) return;
    this.#reported = version;
    this.#options.onProgress?.({ version, of });
  }

  async #assertThere(): Promise<void> {
    const { name, timelineId } = this.#lineage.record;
    const record = await this.#log.findTimeline(name);
    if (record?.timelineId !== timelineId) throw new TimelineGone(`timeline ${name} was removed`);
  }
}

/** The last commits are there, and the head was set back. */
const headBehind = ({ name, to }: Stretch): Violation => ({
  version: to + 1,
  kind: 'head',
  detail: `the head is version ${to}, and the log goes on behind it`,
  timeline: name,
});
