import { gunzipSync, gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { writeArchive, type ArchiveSelection } from '#archives';
import type { EventLog, TimelineRecord } from '#event-log';
import { appended, appendRequest, createTimeline, proposedEvents, proposedKey } from '../event-log/proposals.js';

/** The whole of an archive. */
export async function archiveOf(log: EventLog, selection: ArchiveSelection = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of writeArchive(log, selection)) chunks.push(chunk);
  return Buffer.concat(chunks);
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

/** A timeline with commits of these sizes, a key of its own for each. */
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
