import { assertProposable, extendChain, LogCorrupt, OutcomeUnknown } from '#event-log';
import type {
  Head,
  ProposedEvent,
  RecordedCommit,
  RecordedEvent,
  RecordedKey,
  RestoreOutcome,
  RestorePart,
  TimelineToRestore,
} from '#event-log';
import { bytes, hash, integer, text, textOrNull } from './cells.js';
import type { Connections, Row, Session, Statement, Values } from './connections.js';
import { asUnavailable, brokenConstraint, classify, messageOf, withoutEffect } from './failures.js';
import { bytesOfData, eventColumns } from './prepare-append.js';
import { resolveCreation } from './resolve-append.js';
import { insertEvents } from './sql/create-timeline.js';
import { insertTimeline } from './sql/create-timeline.js';
import { findToRestore, insertCommits, insertKeys, insertLabels } from './sql/restore.js';
import { runTransfer, transferTimeoutMs } from './transfers.js';

/** One statement takes so many events, and about so many bytes of their data. */
const eventsPerStatementMax = 2_000;
const bytesPerStatementMax = 4 * 1024 * 1024;

/** Whole timelines in one transaction: they appear together, with all their history, or not at all. */
export async function restore(connections: Connections, parts: AsyncIterable<RestorePart>): Promise<RestoreOutcome> {
  const session = await connections.take();
  const restoration = new Restoration(session);
  try {
    await restoration.begin();
    for await (const part of parts) await restoration.add(part);
    await restoration.flush();
  } catch (error) {
    // Closing the connection rolls back.
    connections.discard(session);
    if (error instanceof NameTaken) return { status: 'name-taken', name: error.message };
    throw error;
  }
  await commit(connections, session, restoration);
  return { status: 'restored', already: restoration.already };
}

/** A commit whose reply was lost is looked for by the last timeline: all of them came with it, or none. */
async function commit(connections: Connections, session: Session, { last, hasServerKeys }: Restoration): Promise<void> {
  let cause: unknown;
  try {
    session.warning = null;
    await session.client.query('commit');
    if (session.warning === null) {
      connections.giveBack(session);
      return;
    }
    cause = new Error(session.warning);
  } catch (error) {
    cause = error;
  }
  connections.discard(session);
  if (classify(cause).kind === 'refused') throw asUnavailable(cause, 'cannot restore');
  if (last === undefined && !hasServerKeys) return;
  if (last === undefined)
    throw new OutcomeUnknown(`the connection broke at the commit: ${messageOf(cause)}`, { cause });
  const lookedFor = { name: last.name, headHash: bytes(last.head.hash) };
  if ((await resolveCreation(connections, session.backend, lookedFor, cause)) !== undefined) return;
  throw withoutEffect('the connection broke before the timelines were restored', cause);
}

/** Ends a restoration; its message is the name. */
class NameTaken extends Error {}

/** The timeline that parts belong to. */
interface Current {
  readonly timelineId: number;
  readonly already: boolean;
  readonly end: Head;
  head: Head;
}

class Restoration {
  readonly #session: Session;
  readonly #numbers = new Map<string, number>();
  readonly already = new Set<string>();
  /** The last one that was written. */
  last: TimelineToRestore | undefined;
  hasServerKeys = false;
  #current: Current | undefined;
  #events: ProposedEvent[] = [];
  #checks: number[] = [];
  #dataBytes = 0;
  #firstVersion = 1;
  #commits: { readonly commit: RecordedCommit; readonly dataBytes: number }[] = [];
  /** One statement runs while the next is made up. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(session: Session) {
    this.#session = session;
  }

  async begin(): Promise<void> {
    const settings = ['statement_timeout', 'idle_in_transaction_session_timeout'];
    const texts = settings.map((setting) => `set local ${setting} = ${transferTimeoutMs}`);
    await this.#run({ name: '', text: 'begin' }, []);
    for (const text of texts) await this.#run({ name: '', text }, []);
  }

  async add(part: RestorePart): Promise<void> {
    switch (part.kind) {
      case 'timeline':
        return this.#enter(part.timeline);
      case 'commit':
        return this.#own.already ? undefined : this.#addCommit(part.commit, part.events);
      case 'keys':
        return this.#own.already ? undefined : this.#addKeys(this.#own.timelineId, part.keys);
      case 'labels':
        return this.#own.already ? undefined : this.#addLabels(this.#own.timelineId, part.labels);
      case 'server-keys':
        this.hasServerKeys = true;
        return this.#addKeys(0, part.keys);
    }
  }

  /** Writes what is gathered, and sees that the last timeline came to its head. */
  async flush(): Promise<void> {
    await this.#flushCommits();
    await this.#underWay;
    const current = this.#current;
    if (current !== undefined && !current.already && current.head.hash !== current.end.hash) {
      throw new LogCorrupt(`the history ends at version ${current.head.version}`, current.head.version + 1);
    }
  }

  get #own(): Current {
    if (this.#current === undefined) throw new TypeError('a timeline comes before its parts');
    return this.#current;
  }

  async #enter(timeline: TimelineToRestore): Promise<void> {
    await this.flush();
    const { name, parent, genesisHash, head } = timeline;
    const found = await this.#find(timeline);
    const timelineId = found ?? (await this.#insert(timeline));
    this.#numbers.set(name, timelineId);
    if (found === undefined) this.last = timeline;
    else this.already.add(name);
    this.#current = {
      timelineId,
      already: found !== undefined,
      end: head,
      head: { version: parent?.forkVersion ?? 0, hash: genesisHash },
    };
    this.#firstVersion = this.#current.head.version + 1;
  }

  /** The number of the very timeline where it is there already. @throws NameTaken where it is another one */
  async #find({ name, head }: TimelineToRestore): Promise<number | undefined> {
    const [row] = await this.#run(findToRestore, [name, head.version]);
    if (row === undefined) return undefined;
    if (text(row, 1) !== 'open' || textOrNull(row, 2) === null || hash(row, 2) !== head.hash) throw new NameTaken(name);
    return integer(row, 0);
  }

  async #insert({ name, parent, genesisHash, head, createdAtMs }: TimelineToRestore): Promise<number> {
    const parentId = parent === null ? null : this.#numbers.get(parent.name);
    if (parentId === undefined) throw new TypeError(`the parent of ${name} comes before it`);
    const own = [name, createdAtMs, bytes(genesisHash), head.version, bytes(head.hash)];
    try {
      const [row] = await this.#run(insertTimeline, [...own, parentId, parent?.forkVersion ?? null]);
      if (row === undefined) throw new Error('the restored timeline has no number');
      return integer(row, 0);
    } catch (error) {
      if (brokenConstraint(error) === 'timeline_name_taken') throw new NameTaken(name);
      throw error;
    }
  }

  async #addCommit(commit: RecordedCommit, events: readonly RecordedEvent[]): Promise<void> {
    const current = this.#own;
    events.forEach(assertProposable);
    const { head, checks } = extendChain(current.head, events, commit);
    if (head.hash !== commit.hash || head.version !== commit.lastVersion) {
      throw new LogCorrupt(`the commit that ends at version ${commit.lastVersion} was changed`, commit.lastVersion);
    }
    for (const [index, event] of events.entries()) {
      this.#events.push(event);
      this.#checks.push(checks[index] ?? 0);
      this.#dataBytes += event.data.length;
      if (this.#events.length < eventsPerStatementMax && this.#dataBytes < bytesPerStatementMax) continue;
      await this.#flushEvents();
    }
    this.#commits.push({ commit, dataBytes: bytesOfData(events) });
    current.head = head;
    if (this.#commits.length >= eventsPerStatementMax) await this.#flushCommits();
  }

  async #flushEvents(): Promise<void> {
    if (this.#events.length === 0) return;
    const columns = eventColumns(this.#events, this.#checks);
    const values = [this.#own.timelineId, this.#firstVersion - 1, ...columns];
    this.#firstVersion += this.#events.length;
    [this.#events, this.#checks, this.#dataBytes] = [[], [], 0];
    await this.#next(insertEvents, values);
  }

  async #flushCommits(): Promise<void> {
    await this.#flushEvents();
    if (this.#commits.length === 0) return;
    const commits = this.#commits;
    this.#commits = [];
    await this.#next(insertCommits, [
      this.#own.timelineId,
      commits.map(({ commit }) => commit.lastVersion),
      commits.map(({ commit }) => commit.firstVersion),
      commits.map(({ commit }) => commit.recordedAtMs),
      commits.map(({ dataBytes }) => dataBytes),
      commits.map(({ commit }) => commit.hash),
      commits.map(({ commit }) => commit.writer),
    ]);
  }

  async #addKeys(scope: number, keys: readonly RecordedKey[]): Promise<void> {
    await this.#next(insertKeys, [
      scope,
      keys.map((key) => key.firstVersion),
      keys.map((key) => key.lastVersion - key.firstVersion + 1),
      keys.map((key) => key.digest),
      keys.map((key) => key.requestHash),
      keys.map((key) => key.reply),
    ]);
  }

  async #addLabels(
    timelineId: number,
    labels: readonly { readonly label: string; readonly version: number }[],
  ): Promise<void> {
    const values = [timelineId, labels.map(({ label }) => label), labels.map(({ version }) => version)];
    await this.#next(insertLabels, values);
  }

  /** Waits for the statement before this one, and leaves this one under way. */
  async #next(statement: Statement, values: Values): Promise<void> {
    await this.#underWay;
    this.#underWay = this.#run(statement, values);
    this.#underWay.catch(() => undefined);
  }

  async #run(statement: Statement, values: Values): Promise<Row[]> {
    try {
      return await runTransfer(this.#session, statement, values);
    } catch (error) {
      throw brokenConstraint(error) === undefined ? asUnavailable(error, 'cannot restore') : error;
    }
  }
}
