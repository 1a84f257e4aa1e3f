import type { RecordedCommit, RecordedEvent, RecordedKey } from '#event-log';
import type { ArchiveManifest } from './manifest.js';

// The lines of an archive, without their line breaks. `decode.ts` reads them.

export const manifestLine = ({ seedArchive, createdAt, timelines }: ArchiveManifest): string =>
  JSON.stringify({
    seedArchive,
    createdAt,
    timelines: timelines.map(({ name, parent, genesisHash, head, createdAtMs }) => ({
      name,
      parent: parent && { name: parent.name, forkVersion: parent.forkVersion },
      genesisHash,
      head: { version: head.version, hash: head.hash },
      createdAtMs,
    })),
  });

export const timelineLine = (name: string): string => JSON.stringify({ timeline: name });

export function commitLine(commit: RecordedCommit, events: readonly RecordedEvent[]): string {
  const { firstVersion, lastVersion, hash, recordedAtMs, writer } = commit;
  return JSON.stringify({
    commit: { firstVersion, lastVersion, hash, recordedAtMs, writer },
    events: events.map((event) => [
      event.version,
      event.type,
      event.schemaVersion,
      event.atMs,
      event.commandId,
      event.actor,
      event.data,
    ]),
  });
}

export const keysLine = (keys: readonly RecordedKey[]): string => JSON.stringify({ keys: keys.map(keyTuple) });

export const labelsLine = (labels: readonly { readonly label: string; readonly version: number }[]): string =>
  JSON.stringify({ labels: labels.map(({ label, version }) => [label, version]) });

/** A key of the server's scope, and the timeline that was created under it. */
export interface CreationKey extends RecordedKey {
  readonly timeline: string;
}

export const serverKeysLine = (keys: readonly CreationKey[]): string =>
  JSON.stringify({ serverKeys: keys.map((key) => [key.timeline, ...keyTuple(key)]) });

export const endLine = (end: { readonly lines: number; readonly sha256: string }): string => JSON.stringify({ end });

/** How the last line begins, and no other. */
export const END_LINE_START = '{"end":';

const keyTuple = ({ digest, requestHash, firstVersion, lastVersion, reply }: RecordedKey) => [
  digest,
  requestHash,
  firstVersion,
  lastVersion,
  reply,
];
