import { differencesBetween, type Difference, type DifferencePosition } from '#domain';
import type { EventLog, RecordedEvent } from '#event-log';
import { VersionAhead } from '../contract.js';
import type { Pacer } from '../pacer.js';
import type { Comparison, HeldView } from './contract.js';
import { commonAncestor, firstDivergence, type Side } from './divergence.js';

interface Tools {
  readonly log: EventLog;
  readonly pacer: Pacer;
  readonly signal: AbortSignal | undefined;
}

/** Two held states beside each other, with what their logs have in common. */
export async function compareSides(
  tools: Tools,
  sides: { readonly left: Side; readonly right: Side },
  [left, right]: readonly [HeldView, HeldView],
): Promise<Comparison> {
  const ancestor = (await commonAncestor(tools.log, sides.left, sides.right)) ?? null;
  return {
    left,
    right,
    ancestor,
    firstDivergence: () => firstDivergence(tools, { ...sides, afterVersion: ancestor?.version ?? 0 }),
    divergenceAt: async (versions) => ({
      left: await eventAt(tools.log, sides.left, versions.left),
      right: await eventAt(tools.log, sides.right, versions.right),
    }),
    differences: (after) => differences(tools, [left, right], after),
  };
}

async function eventAt(log: EventLog, { record }: Side, version: number | null): Promise<RecordedEvent | null> {
  if (version === null) return null;
  const request = { timelineId: record.timelineId, afterVersion: version - 1, toVersion: version, limit: 1 };
  const { events, head } = await log.readEvents(request);
  const [event] = events;
  if (event === undefined) throw new VersionAhead(version, head.version);
  return event;
}

async function* differences(
  { pacer, signal }: Tools,
  [left, right]: readonly [HeldView, HeldView],
  after: DifferencePosition | undefined,
): AsyncGenerator<Difference> {
  const pieces = differencesBetween(left.state, right.state, after);
  for (;;) {
    if (pacer.mustRest) await pacer.rest();
    signal?.throwIfAborted();
    const piece = pacer.run(() => pieces.next());
    if (piece.done === true) return;
    yield* piece.value;
  }
}
