import {
  assertProposable,
  type ChainHash,
  type Head,
  type KeyDigest,
  type RecordedCommit,
  type RecordedEvent,
  type RecordedKey,
} from '#event-log';
import type { CreationKey } from './encode.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';
import { isParsable } from './parsable.js';

// The lines of an archive, as `encode.ts` writes them: each function gives the value, or throws `NotOfThatShape`.

/** A line does not read as what it has to be. */
export class NotOfThatShape extends Error {
  override readonly name = 'NotOfThatShape';
}

/** A line, told by its first field. */
export type Decoded =
  | { readonly kind: 'manifest'; readonly manifest: ArchiveManifest }
  | { readonly kind: 'timeline'; readonly name: string }
  | { readonly kind: 'commit'; readonly commit: RecordedCommit; readonly events: readonly RecordedEvent[] }
  | { readonly kind: 'keys'; readonly keys: readonly RecordedKey[] }
  | { readonly kind: 'labels'; readonly labels: readonly { readonly label: string; readonly version: number }[] }
  | { readonly kind: 'server-keys'; readonly keys: readonly CreationKey[] }
  | { readonly kind: 'end'; readonly lines: number; readonly sha256: string };

export function decodeLine(text: string): Decoded {
  const line = fieldsOf(parse(text), 'line');
  const [first = ''] = Object.keys(line);
  switch (first) {
    case 'seedArchive':
      return { kind: 'manifest', manifest: manifestOf(line) };
    case 'timeline':
      return { kind: 'timeline', name: nameOf(line['timeline']) };
    case 'commit':
      return { kind: 'commit', commit: commitOf(line['commit']), events: listOf(line['events'], 'events', eventOf) };
    case 'keys':
      return { kind: 'keys', keys: listOf(line['keys'], 'keys', keyOf) };
    case 'labels':
      return { kind: 'labels', labels: listOf(line['labels'], 'labels', labelOf) };
    case 'serverKeys':
      return { kind: 'server-keys', keys: listOf(line['serverKeys'], 'serverKeys', creationKeyOf) };
    case 'end': {
      const { lines, sha256 } = fieldsOf(line['end'], 'end');
      return { kind: 'end', lines: wholeOf(lines, 'lines'), sha256: textOf(sha256, 'sha256') };
    }
    default:
      throw new NotOfThatShape('it is no line of an archive');
  }
}

function parse(text: string): unknown {
  if (!isParsable(text)) throw new NotOfThatShape('the line is nested or divided as no line of an archive is');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new NotOfThatShape('the line is not JSON');
  }
}

function manifestOf(line: Fields): ArchiveManifest {
  if (line['seedArchive'] !== 1) {
    throw new NotOfThatShape('the archive has another format than 1, the only one that this build reads');
  }
  const createdAt = textOf(line['createdAt'], 'createdAt');
  return { seedArchive: 1, createdAt, timelines: listOf(line['timelines'], 'timelines', archivedTimelineOf) };
}

function archivedTimelineOf(value: unknown): ArchivedTimeline {
  const { name, parent, genesisHash, head, createdAtMs } = fieldsOf(value, 'a timeline');
  return {
    name: nameOf(name),
    parent: parent === null ? null : parentOf(parent),
    genesisHash: hashOf(genesisHash, 'genesisHash'),
    head: headOf(head),
    createdAtMs: wholeOf(createdAtMs, 'createdAtMs'),
  };
}

function parentOf(value: unknown): { readonly name: string; readonly forkVersion: number } {
  const { name, forkVersion } = fieldsOf(value, 'parent');
  return { name: nameOf(name), forkVersion: versionOf(forkVersion, 'forkVersion') };
}

function headOf(value: unknown): Head {
  const { version, hash } = fieldsOf(value, 'head');
  return { version: versionOf(version, 'version'), hash: hashOf(hash, 'hash') };
}

function commitOf(value: unknown): RecordedCommit {
  const { firstVersion, lastVersion, hash, recordedAtMs, writer } = fieldsOf(value, 'commit');
  return {
    firstVersion: versionOf(firstVersion, 'firstVersion'),
    lastVersion: versionOf(lastVersion, 'lastVersion'),
    hash: hashOf(hash, 'hash'),
    recordedAtMs: wholeOf(recordedAtMs, 'recordedAtMs'),
    writer: textOf(writer, 'writer'),
  };
}

function eventOf(value: unknown): RecordedEvent {
  const [version, type, schemaVersion, atMs, commandId, actor, data] = tupleOf(value, 7, 'an event');
  const event: RecordedEvent = {
    version: versionOf(version, 'version'),
    type: textOf(type, 'type'),
    schemaVersion: wholeOf(schemaVersion, 'schemaVersion'),
    atMs: wholeOf(atMs, 'atMs'),
    commandId: textOf(commandId, 'commandId'),
    actor: textOf(actor, 'actor'),
    data: textOf(data, 'data'),
  };
  try {
    assertProposable(event);
    if (!isParsable(event.data)) throw new TypeError('its data is nested or divided as no event is');
    JSON.parse(event.data);
  } catch (error) {
    throw new NotOfThatShape(`the event at version ${event.version} cannot be stored: ${(error as Error).message}`);
  }
  return event;
}

function keyOf(value: unknown): RecordedKey {
  const [digest, requestHash, firstVersion, lastVersion, reply] = tupleOf(value, 5, 'a key');
  const key = {
    digest: digestOf(digest, 'digest') as KeyDigest,
    requestHash: digestOf(requestHash, 'requestHash'),
    firstVersion: versionOf(firstVersion, 'firstVersion'),
    lastVersion: wholeOf(lastVersion, 'lastVersion'),
    reply: reply === null ? null : textOf(reply, 'reply'),
  };
  if (key.lastVersion < key.firstVersion - 1) throw new NotOfThatShape('a key ends before it begins');
  return key;
}

function creationKeyOf(value: unknown): CreationKey {
  const [timeline, ...key] = tupleOf(value, 6, 'a key');
  return { timeline: nameOf(timeline), ...keyOf(key) };
}

function labelOf(value: unknown): { readonly label: string; readonly version: number } {
  const [label, version] = tupleOf(value, 2, 'a label');
  return { label: textOf(label, 'label'), version: versionOf(version, 'version') };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new NotOfThatShape(`${what} is not an object`);
  }
  return value as Fields;
}

function listOf<T>(value: unknown, what: string, entry: (value: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new NotOfThatShape(`${what} is not a list`);
  return value.map(entry);
}

function tupleOf(value: unknown, length: number, what: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length !== length) throw new NotOfThatShape(`${what} is not a list of ${length}`);
  return value;
}

/** PostgreSQL's text holds no NUL. */
function textOf(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.includes('\0')) throw new NotOfThatShape(`${what} is not a text`);
  return value;
}

function wholeOf(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) throw new NotOfThatShape(`${what} is not a whole number`);
  return value as number;
}

function versionOf(value: unknown, what: string): number {
  const version = wholeOf(value, what);
  if (version < 1) throw new NotOfThatShape(`${what} is below 1`);
  return version;
}

const named = /^[A-Za-z0-9][A-Za-z0-9_\-.:]{0,127}$/;
const hash = /^[0-9a-f]{64}$/;
const digest = /^[0-9a-f]{32}$/;

const nameOf = (value: unknown): string => matching(value, named, 'a name');
const hashOf = (value: unknown, what: string): ChainHash => matching(value, hash, what) as ChainHash;
const digestOf = (value: unknown, what: string): string => matching(value, digest, what);

function matching(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new NotOfThatShape(`${what} is malformed`);
  return value;
}
