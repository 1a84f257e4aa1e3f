import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { canonicalText, readState, uncoveredText, type ReadableState, type State } from '#domain';
import type { ChainHash, EventLog, Head, Snapshot, SnapshotInfo, TimelineRecord } from '#event-log';

/** Layout: `<length of the canonical text>:<canonical text><uncovered text>`, gzip. */
const FORMAT = 1;
const CODEC = 'gzip';
const GZIP_LEVEL = 1;
/** How long building a snapshot may hold up the turn. */
const SLICE_MS = 4;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** A snapshot that is not what it says; it is reported and passed over. */
export class BadSnapshot extends Error {
  override readonly name = 'BadSnapshot';
}

/** Collects text in slices, so that commands go on in between, and hashes it on the way. */
async function collect(pieces: Iterable<string>): Promise<{ readonly text: string; readonly sha256: string }> {
  const hash = createHash('sha256');
  const parts: string[] = [];
  let sliceStart = performance.now();
  for (const piece of pieces) {
    hash.update(piece);
    parts.push(piece);
    if (performance.now() - sliceStart < SLICE_MS) continue;
    await nextTurn();
    sliceStart = performance.now();
  }
  return { text: parts.join(''), sha256: hash.digest('hex') };
}

/** SHA-256 of the canonical text, in slices. The state must hold still: pin it. */
export async function hashState(state: ReadableState): Promise<string> {
  const hash = createHash('sha256');
  let sliceStart = performance.now();
  for (const piece of canonicalText(state)) {
    hash.update(piece);
    if (performance.now() - sliceStart < SLICE_MS) continue;
    await nextTurn();
    sliceStart = performance.now();
  }
  return hash.digest('hex');
}

/** A snapshot of a pinned state at a head of the log. */
export async function writeSnapshot(
  state: ReadableState,
  at: { readonly head: Head; readonly reducer: string; readonly takenAtMs: number },
): Promise<Snapshot> {
  const canonical = await collect(canonicalText(state));
  const uncovered = await collect(uncoveredText(state));
  const text = Buffer.from(`${canonical.text.length}:${canonical.text}${uncovered.text}`);
  const bytes = await compress(text, { level: GZIP_LEVEL });
  return {
    version: at.head.version,
    format: FORMAT,
    reducer: at.reducer,
    chainHash: at.head.hash,
    codec: CODEC,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    stateHash: canonical.sha256,
    takenAtMs: at.takenAtMs,
    bytes,
  };
}

/** The state in a snapshot; throws `BadSnapshot` where anything does not agree. */
async function readSnapshot(snapshot: Snapshot): Promise<State> {
  if (createHash('sha256').update(snapshot.bytes).digest('hex') !== snapshot.sha256)
    throw new BadSnapshot('its bytes do not have its checksum');
  if (snapshot.codec !== CODEC) throw new BadSnapshot(`its codec is ${snapshot.codec}`);
  try {
    const text = (await decompress(snapshot.bytes)).toString('utf8');
    const colon = text.indexOf(':');
    const start = colon + 1;
    const end = start + Number(text.slice(0, colon));
    const canonical = text.slice(start, end);
    if (createHash('sha256').update(canonical).digest('hex') !== snapshot.stateHash) {
      throw new BadSnapshot('its state does not have its state hash');
    }
    return readState(canonical, text.slice(end));
  } catch (cause) {
    throw cause instanceof BadSnapshot ? cause : new BadSnapshot('it cannot be read', { cause });
  }
}

export interface LoadedSnapshot {
  readonly state: State;
  readonly head: Head;
}

/**
 * The ladder: the newest snapshot of this format and reducer that is sound and agrees with the log, or none. Every one that
 * is passed over is reported. One that is ahead of the log may mean that the log lost its tail.
 */
export async function newestGoodSnapshot(
  log: EventLog,
  { timeline, reducer }: { readonly timeline: TimelineRecord; readonly reducer: string },
  report: (problem: { readonly version: number; readonly detail: string }) => void,
): Promise<LoadedSnapshot | undefined> {
  const { timelineId } = timeline;
  for (const info of await log.listSnapshots(timelineId)) {
    if (info.format !== FORMAT || info.reducer !== reducer) {
      report({ version: info.version, detail: 'it was taken by another build' });
      continue;
    }
    const problem = await disagreement(log, timeline, info);
    if (problem !== undefined) {
      report({ version: info.version, detail: problem });
      continue;
    }
    try {
      const snapshot = await log.loadSnapshot(timelineId, info);
      if (snapshot === undefined) continue;
      return { state: await readSnapshot(snapshot), head: { version: info.version, hash: info.chainHash } };
    } catch (error) {
      if (!(error instanceof BadSnapshot)) throw error;
      report({ version: info.version, detail: error.message });
    }
  }
  return undefined;
}

async function disagreement(log: EventLog, timeline: TimelineRecord, info: SnapshotInfo): Promise<string | undefined> {
  if (info.version > timeline.head.version) {
    return `it is ahead of the log, which ends at ${timeline.head.version}: the log may have lost its tail`;
  }
  const commit = await log.findCommit(timeline.timelineId, info.version);
  const hash: ChainHash | undefined = commit?.hash;
  return hash === info.chainHash ? undefined : "its chain hash is not the log's";
}
