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
import type { Violation } from './contract.js';
import type { Stretch } from './lineage.js';
import { RowReader } from './row-reader.js';

/** Rows behind a bad one that are tried in its place. */
const EVENTS_LOOKED_AHEAD = 4_000;

type Finding = Omit<Violation, 'timeline'>;

/**
 * Names the row that is to blame where the commit behind `head`, the last thing proven, is not as it must be. What tells
 * is the chain itself. The events' links agree exactly up to where the commit once ended, since the next link stands on
 * its seal, or up to the first event that was touched. A row of `commit` is the rightful one if its hash is the seal there,
 * or would be if it said again what it said.
 */
export async function diagnose(
  rows: StoredRows,
  { stretch, head }: { readonly stretch: Stretch; readonly head: Head },
): Promise<Violation> {
  const range = { timelineId: stretch.timelineId, afterVersion: head.version };
  const events = new RowReader(rows.scanEvents(range));
  const commits = rows.scanCommits(range);
  try {
    const run = await followLinks(events, head);
    const found = await findCommit(commits, head, run);
    const isOver = found.first === undefined && (await events.peek()) === undefined;
    if (stretch.isOwn && isOver && run.lastVersion === head.version) return headAhead(stretch, head);
    const finding = judgeCommit(found, head, run) ?? (await judgeEvent(events, run, found.first));
    return { ...finding, timeline: stretch.name };
  } finally {
    await events.close();
  }
}

/** The events behind the head whose links agree. */
interface Run {
  /** Link by link, the head's hash before them. */
  readonly links: readonly ChainHash[];
  readonly lastVersion: number;
  readonly dataBytes: number;
}

async function followLinks(events: RowReader<StoredEvent>, head: Head): Promise<Run> {
  const links = [head.hash];
  let { version } = head;
  let dataBytes = 0;
  for (let event = await events.peek(); event?.version === version + 1; event = await events.peek()) {
    const link = linkEvent(links.at(-1) ?? head.hash, event.version, event);
    if (linkCheck(link) !== event.check) break;
    await events.take();
    links.push(link);
    version += 1;
    dataBytes += Buffer.byteLength(event.data);
  }
  return { links, lastVersion: version, dataBytes };
}

/** What rows of `commit` there are behind the head. */
interface FoundCommits {
  /** The next one in order of last version. */
  readonly first: StoredCommit | undefined;
  /** Says what its hash seals. */
  readonly sound: StoredCommit | undefined;
  /** Its hash is the seal at the end of the run, and it says something else of its versions. */
  readonly altered: StoredCommit | undefined;
}

async function findCommit(
  pages: AsyncIterable<readonly StoredCommit[]>,
  head: Head,
  { links, lastVersion }: Run,
): Promise<FoundCommits> {
  const firstVersion = head.version + 1;
  const end = links.at(-1) ?? head.hash;
  let first: StoredCommit | undefined;
  let altered: StoredCommit | undefined;
  for await (const page of pages) {
    for (const commit of page) {
      first ??= commit;
      const link = links[commit.lastVersion - head.version];
      if (commit.firstVersion === firstVersion && link !== undefined && sealCommit(link, commit) === commit.hash) {
        return { first, sound: commit, altered };
      }
      const { recordedAtMs, writer } = commit;
      if (sealCommit(end, { firstVersion, lastVersion, recordedAtMs, writer }) === commit.hash) altered ??= commit;
      // Where the next row starts where it should, the one that belongs here is not somewhere else.
      const isInPlace = first.firstVersion === firstVersion;
      if (commit.lastVersion > lastVersion && (isInPlace || altered !== undefined))
        return { first, sound: undefined, altered };
    }
  }
  return { first, sound: undefined, altered };
}

/** Undefined where the commits are as they should be, so that it is an event. */
function judgeCommit({ first, sound, altered }: FoundCommits, head: Head, run: Run): Finding | undefined {
  const next = head.version + 1;
  if (first === undefined) return run.lastVersion > head.version ? commitMissing(next) : undefined;
  if (sound !== undefined) {
    if (first === sound) return commitChanged(sound.lastVersion, `has ${sound.dataBytes} as the bytes of its data`);
    return commitInserted(first);
  }
  if (altered !== undefined) {
    const { firstVersion, lastVersion } = altered;
    return commitChanged(run.lastVersion, `says that it is of the versions ${firstVersion} to ${lastVersion}`);
  }
  if (first.firstVersion !== next) return run.lastVersion > head.version ? commitMissing(next) : undefined;
  if (first.lastVersion > run.lastVersion) return undefined;
  return commitChanged(first.lastVersion, 'does not have the hash that seals it');
}

/** Commits were cut off whole, or somebody set the head. */
const headAhead = ({ name, to }: Stretch, { version }: Head): Violation => ({
  version: version + 1,
  kind: 'head',
  detail: `the log ends at version ${version}, and the head is version ${to}`,
  timeline: name,
});

const commitMissing = (version: number): Finding => ({
  version,
  kind: 'commit-missing',
  detail: `no commit covers version ${version}`,
});

const commitChanged = (version: number, what: string): Finding => ({
  version,
  kind: 'commit-changed',
  detail: `the commit that ends at version ${version} ${what}`,
});

/** A row of `commit` that the chain knows nothing of. */
export const commitInserted = ({ firstVersion, lastVersion }: StoredCommit): Finding => ({
  version: lastVersion,
  kind: 'commit-inserted',
  detail: `a commit of the versions ${firstVersion} to ${lastVersion} was put in`,
});

/** Nobody wrote an event there. */
export const eventInserted = (version: number): Finding => ({
  version,
  kind: 'event-inserted',
  detail: `the event at version ${version} was put in`,
});

/** The event behind the run is to blame: it is not there, or not what was written. */
async function judgeEvent(
  events: RowReader<StoredEvent>,
  { links, lastVersion }: Run,
  commit: StoredCommit | undefined,
): Promise<Finding> {
  const version = lastVersion + 1;
  const event = await events.take();
  const link = links.at(-1);
  if (event?.version !== version || link === undefined) {
    return { version, kind: 'event-missing', detail: `the event at version ${version} is missing` };
  }
  const others = await events.takeUpTo(EVENTS_LOOKED_AHEAD);
  const rightful = others.find((other) => fits(other, { link, version, checks: [event.check, other.check] }));
  if (rightful === undefined) {
    return { version, kind: 'event-changed', detail: `the event at version ${version} was changed` };
  }
  const ownLink = linkEvent(link, version, rightful);
  const linkBehind = version === commit?.lastVersion ? commit.hash : ownLink;
  if (rightful === others[0] && wasPushedBack({ event, rightful, second: others[1] }, linkBehind)) {
    return eventInserted(version);
  }
  const detail = `version ${version} has another event; its own stands at version ${rightful.version}`;
  return { version, kind: 'event-changed', detail };
}

/** Whether an event belongs at a version, by the check that its own row keeps or the row that stands there. */
const fits = (
  event: StoredEvent,
  { link, version, checks }: { link: ChainHash; version: number; checks: readonly number[] },
): boolean => checks.includes(linkCheck(linkEvent(link, version, event)));

/** Whether the event was put in before the rightful one that stands next to it, and they did not change places. */
function wasPushedBack(
  { event, rightful, second }: { event: StoredEvent; rightful: StoredEvent; second: StoredEvent | undefined },
  link: ChainHash,
): boolean {
  const fitsNext = (other: StoredEvent): boolean =>
    fits(other, { link, version: event.version + 1, checks: [rightful.check, other.check] });
  return (second !== undefined && fitsNext(second)) || !fitsNext(event);
}
