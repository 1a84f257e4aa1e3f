import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ChainHash, CommitWithEvents, Head, RecordedCommit, RecordedEvent } from '#event-log';

/** A timeline of a frozen log, as the first line of an archive names it. */
interface FrozenTimeline {
  readonly name: string;
  readonly parent: { readonly name: string; readonly forkVersion: number } | null;
  readonly genesisHash: ChainHash;
  readonly head: Head;
  readonly createdAtMs: number;
}

/** A timeline with its own commits. */
export interface FrozenLog extends FrozenTimeline {
  readonly commits: readonly Pick<CommitWithEvents, 'commit' | 'events'>[];
}

type EventLine = readonly [number, string, number, number, string, string, string];
interface CommitLine {
  readonly commit: RecordedCommit;
  readonly events: readonly EventLine[];
}

/**
 * The lines of an archive, read and written by hand: should the product's own reader come to take what it once refused, or
 * refuse what it took, the corpus does not follow it.
 */
export function readFrozen(bytes: Buffer): readonly FrozenLog[] {
  const text = gunzipSync(bytes).toString('utf8');
  const lines = text.split('\n').slice(0, -1);
  const [first = '', ...rest] = lines;
  assertWhole(text, lines);
  const { timelines } = JSON.parse(first) as { readonly timelines: readonly FrozenTimeline[] };
  const commits = new Map<string, FrozenLog['commits'][number][]>(timelines.map(({ name }) => [name, []]));
  let current: FrozenLog['commits'][number][] | undefined;
  for (const line of rest) {
    const value = JSON.parse(line) as { readonly timeline?: string } & Partial<CommitLine>;
    if (value.timeline !== undefined) current = commits.get(value.timeline);
    if (value.commit === undefined) continue;
    const events = value.events?.map(eventOf) ?? [];
    current?.push({ commit: value.commit, events });
  }
  return timelines.map((timeline) => ({ ...timeline, commits: commits.get(timeline.name) ?? [] }));
}

function assertWhole(text: string, lines: readonly string[]): void {
  const last = lines.at(-1) ?? '';
  const { end } = JSON.parse(last) as { readonly end?: { readonly lines: number; readonly sha256: string } };
  const before = text.slice(0, text.length - last.length - 1);
  const sha256 = createHash('sha256').update(before).digest('hex');
  if (end?.sha256 !== sha256 || end.lines !== lines.length - 1) throw new Error('the frozen log was changed');
}

const eventOf = ([version, type, schemaVersion, atMs, commandId, actor, data]: EventLine): RecordedEvent => ({
  ...{ version, type, schemaVersion, atMs, commandId, actor, data },
});

/** As `readFrozen` reads it; keys and labels are not part of a frozen log. */
export function writeFrozen(logs: readonly FrozenLog[]): Buffer {
  const timelines = logs.map(({ commits: _commits, ...timeline }) => timeline);
  const lines = [
    JSON.stringify({ seedArchive: 1, createdAt: '2026-01-01T00:00:00.000Z', timelines }),
    ...logs.flatMap(({ name, commits }) => [JSON.stringify({ timeline: name }), ...commits.map(commitLine)]),
  ];
  const text = `${lines.join('\n')}\n`;
  const sha256 = createHash('sha256').update(text).digest('hex');
  return gzipSync(`${text}${JSON.stringify({ end: { lines: lines.length, sha256 } })}\n`, { level: 9 });
}

const commitLine = ({ commit, events }: FrozenLog['commits'][number]): string =>
  JSON.stringify({
    commit,
    events: events.map(({ version, type, schemaVersion, atMs, commandId, actor, data }): EventLine => [
      ...([version, type, schemaVersion, atMs] as const),
      ...([commandId, actor, data] as const),
    ]),
  });
