import type { EventLog, RestorePart } from '#event-log';
import { ArchiveDamaged } from './archive-damaged.js';
import type { CheckedArchive } from './check-archive.js';
import { countEvents, type OnEvents } from './count-events.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';
import { readArchive, type ArchiveRecord } from './read-archive.js';
import type { ArchiveSource } from './read-lines.js';

/** New names for timelines of an archive: old to new. */
export type Renaming = ReadonlyMap<string, string>;

/** A timeline as it was imported, or as it was found. */
export interface ImportedTimeline {
  /** Its name in this log. */
  readonly timeline: string;
  /** The head that the archive has. */
  readonly version: number;
  readonly chainHash: string;
  /** It was there with the same history up to that version; nothing of it was written. */
  readonly already: boolean;
}

/** New names that do not fit an archive. */
export type RenamingRefused =
  /** The archive has no timeline of that name. */
  | { readonly status: 'renaming-unknown'; readonly name: string }
  /** Two timelines would get one name. */
  | { readonly status: 'renaming-ambiguous'; readonly name: string };

/** What became of an import; unless it is `imported`, nothing was written. */
export type ImportOutcome =
  | { readonly status: 'imported'; readonly timelines: readonly ImportedTimeline[] }
  /** Another timeline has or had that name. */
  | { readonly status: 'name-taken'; readonly name: string }
  | RenamingRefused;

/** How to import an archive. */
interface ImportOptions {
  /** What reading the same archive gave: `proveApart`, or at least `checkArchive`. */
  readonly checked: CheckedArchive;
  readonly rename?: Renaming;
  /**
   * Its idempotency keys too, by default none: they answer whoever sends a request under one of them, and nothing in an
   * archive tells whose they are.
   */
  readonly withKeys?: boolean;
  /** Told while it is written. */
  readonly onEvents?: OnEvents;
}

/**
 * Imports an archive that was read to its end, whole or not at all. Throws `ArchiveDamaged` where it is another one by now,
 * and what the log and the source throw.
 */
export async function importArchive(
  log: EventLog,
  source: ArchiveSource,
  { checked, rename = new Map(), withKeys = false, onEvents }: ImportOptions,
): Promise<ImportOutcome> {
  const { sha256, ...manifest } = checked;
  const refused = checkRenaming(manifest, rename);
  if (refused !== undefined) return refused;
  const records = countEvents(readArchive(source), onEvents);
  const outcome = await log.restore(partsOf(records, { rename, sha256, withKeys }));
  if (outcome.status === 'name-taken') return outcome;
  const timelines = manifest.timelines.map(({ name, head }): ImportedTimeline => {
    const timeline = rename.get(name) ?? name;
    return { timeline, version: head.version, chainHash: head.hash, already: outcome.already.has(timeline) };
  });
  return { status: 'imported', timelines };
}

interface Expected {
  readonly rename: Renaming;
  readonly withKeys: boolean;
  /** Of what was checked: what is imported must be the same. */
  readonly sha256: string;
}

async function* partsOf(
  records: AsyncIterable<ArchiveRecord>,
  { rename, sha256, withKeys }: Expected,
): AsyncGenerator<RestorePart> {
  const timelines = new Map<string, ArchivedTimeline>();
  for await (const record of records) {
    if (record.kind === 'manifest') {
      for (const timeline of record.manifest.timelines) timelines.set(timeline.name, renamed(timeline, rename));
    } else if (record.kind === 'timeline') {
      const timeline = timelines.get(record.name);
      if (timeline !== undefined) yield { kind: 'timeline', timeline };
    } else if (record.kind === 'end') {
      if (record.sha256 !== sha256) throw new ArchiveDamaged('the archive changed since it was checked', record.place);
    } else if (record.kind === 'keys') {
      if (withKeys) yield record;
    } else if (record.kind === 'server-keys') {
      if (!withKeys) continue;
      // What created OLD is no request for NEW.
      yield { kind: 'server-keys', keys: record.keys.filter(({ timeline }) => !rename.has(timeline)) };
    } else {
      yield record;
    }
  }
}

function renamed(timeline: ArchivedTimeline, rename: Renaming): ArchivedTimeline {
  const { name, parent } = timeline;
  return {
    ...timeline,
    name: rename.get(name) ?? name,
    parent: parent && { ...parent, name: rename.get(parent.name) ?? parent.name },
  };
}

/** Whether each timeline of an archive would have a name of its own; undefined if so. */
export function checkRenaming({ timelines }: ArchiveManifest, rename: Renaming): RenamingRefused | undefined {
  const names = new Set(timelines.map(({ name }) => name));
  for (const name of rename.keys()) if (!names.has(name)) return { status: 'renaming-unknown', name };
  const taken = new Set<string>();
  for (const name of names) {
    const renamed = rename.get(name) ?? name;
    if (taken.has(renamed)) return { status: 'renaming-ambiguous', name: renamed };
    taken.add(renamed);
  }
  return undefined;
}
