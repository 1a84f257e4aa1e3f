import { readStoredEvent } from '#domain';
import type { EventLog, RecordedEvent, TimelineId } from '#event-log';
import type { Allotment } from '../memory-budget.js';
import type { Pacer } from '../pacer.js';
import { readPage } from '../reading.js';
import type { Followed, Series } from './contract.js';
import { foldAside } from './fold-aside.js';
import type { FoldedState } from './kept-states.js';
import { Sampler } from './sampler.js';

interface Tools {
  readonly log: EventLog;
  readonly pacer: Pacer;
}

/** The version that brought something into being, up to `toVersion`; undefined where none did. */
export async function birthOf(
  { log, pacer }: Tools,
  { births, isBirth }: Pick<Followed<never>, 'births' | 'isBirth'>,
  {
    timelineId,
    toVersion,
    signal,
  }: { readonly timelineId: TimelineId; readonly toVersion: number; readonly signal?: AbortSignal | undefined },
): Promise<number | undefined> {
  const found = (event: RecordedEvent): boolean => {
    const read = readStoredEvent(event);
    return read.kind === 'read' && isBirth(read.event);
  };
  for (let afterVersion = 0; afterVersion < toVersion;) {
    signal?.throwIfAborted();
    const { events, scannedTo } = await readPage(log, { timelineId, afterVersion, toVersion, types: births });
    if (pacer.mustRest) await pacer.rest();
    const birth = pacer.run(() => events.find(found));
    if (birth !== undefined) return birth.version;
    // History was taken back since the version was looked up.
    if (scannedTo === afterVersion) return undefined;
    afterVersion = scannedTo;
  }
  return undefined;
}

/** Follows something from a folded state on up to a version; undefined where it never was there. */
export async function seriesFrom<Value>(
  tools: Tools,
  { followed, pointsMax }: { readonly followed: Followed<Value>; readonly pointsMax: number },
  {
    timelineId,
    base,
    toVersion,
    signal,
    memory,
  }: {
    readonly timelineId: TimelineId;
    readonly base: FoldedState;
    readonly memory: Allotment;
    readonly toVersion: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Series<Value> | undefined> {
  const { look, compare } = followed;
  const sampler = new Sampler<Value>({ pointsMax, compare });
  const state = base.state.overlay();
  let last: Value | undefined;
  const note = ({ version, atMs }: { readonly version: number; readonly atMs: number }): void => {
    const value = look(state, last);
    if (value !== undefined && value !== last) sampler.add({ version, atMs, value });
    last = value;
  };
  const { head } = base;
  note({ version: head.version, atMs: state.nowMs });
  await foldAside(tools, { timelineId, state, head, toVersion, signal, memory, isOverlay: true }, note);
  if (sampler.total === 0) return undefined;
  const points = sampler.points();
  const { total } = sampler;
  return { from: head.version, to: toVersion, total, sampled: points.length < total, points };
}
