import { gunzipSync, gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import {
  checkArchive,
  importArchive,
  writeArchive,
  type ArchiveSelection,
  type ImportOutcome,
  type Renaming,
} from '#archives';
import type { EventLog, ProposedEvent, TimelineRecord } from '#event-log';
import {
  appended,
  appendRequest,
  createTimeline,
  proposedEvent,
  proposedEvents,
  proposedKey,
} from '../event-log/proposals.js';

/** The whole of an archive. */
export async function archiveOf(log: EventLog, selection: ArchiveSelection = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of writeArchive(log, selection)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Imports an archive whose chains are sound, with its keys, whatever its events say. */
export async function importInto(
  log: EventLog,
  archive: Uint8Array,
  rename: Renaming = new Map(),
): Promise<ImportOutcome> {
  const checked = await checkArchive(inPieces(archive, 10_000));
  return importArchive(log, inPieces(archive, 10_000), { checked, rename, withKeys: true });
}

/** A file as its reader gives it: in pieces that end anywhere. */
export async function* inPieces(bytes: Uint8Array, pieceBytes = 1_000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    yield Promise.resolve(bytes.subarray(from, from + pieceBytes));
  }
}

/** The lines of an archive, without their line breaks. */
export const linesOf = (archive: Uint8Array): string[] => gunzipSync(archive).toString().trimEnd().split('\n');

/** Lines as an archive, its last line made anew so that only what the lines say can tell that they were changed. */
export function sealedArchive(lines: readonly string[]): Buffer {
  const body = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  return gzipSync(`${body}${JSON.stringify({ end: { lines: lines.length, sha256 } })}\n`);
}

/** An event that an economy of this build can hold. */
export const event = (type: string, data: object, atMs = 1_700_000_000_000): ProposedEvent =>
  proposedEvent({ type, atMs, data: JSON.stringify(data) });

/** The first event of a timeline of its own. */
export const created = (atMs = 1_700_000_000_000): ProposedEvent => {
  const settings = {
    reactAtTenths: 500,
    autoMarketAtTenths: 800,
    tickSeconds: 10,
    liquidity: '1000000000',
    feeBps: 300,
  };
  return event('TimelineCreated', { clock: 'virtual', startAtMs: atMs, apyPpm: 50_000, settings }, atMs);
};

/** A timeline that this build can fold, with commits of these sizes. */
export async function fillEconomy(log: EventLog, name: string, sizes: readonly number[]): Promise<TimelineRecord> {
  const timeline = await createTimeline(log, name, [created()]);
  let { head } = timeline;
  for (const size of sizes) {
    const events = Array.from({ length: size }, () => event('ClockAdvanced', { toMs: 1_700_000_000_000 }));
    head = await appended(log.append(appendRequest(timeline.timelineId, head, { events })));
  }
  return { ...timeline, head };
}

/** A timeline with commits of these sizes, a key of its own for each; its events are nothing that can be folded. */
export async function fillTimeline(log: EventLog, name: string, sizes: readonly number[]): Promise<TimelineRecord> {
  const timeline = await createTimeline(log, name);
  let { head } = timeline;
  for (const size of sizes) {
    const [firstVersion, lastVersion] = [head.version + 1, head.version + size];
    const keys = [
      proposedKey(`${name} ${firstVersion}`, { firstVersion, lastVersion, reply: '{"status":"é\\n"}' }),
      proposedKey(`${name} ${firstVersion} of nothing`, { firstVersion, lastVersion: firstVersion - 1 }),
    ];
    head = await appended(log.append(appendRequest(timeline.timelineId, head, { events: proposedEvents(size), keys })));
  }
  return { ...timeline, head };
}
