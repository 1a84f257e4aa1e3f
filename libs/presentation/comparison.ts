import type { ComparedSection, Difference, ReadableState, RecordFields } from '#domain';
import type { RecordedEvent } from '#event-log';
import type { Comparison, Divergence, HeldView } from '#runtime';
import { encodeCompareCursor, type CompareCursor } from './comparison-cursor.js';
import { presentEvent, type PresentedEvent } from './events.js';
import type { Page } from './pages.js';
import { presentRecord } from './records.js';

interface SideView {
  readonly timeline: string;
  readonly version: number;
  readonly stateHash: string;
}

/** One thing that is not alike. */
export interface DifferenceView {
  readonly section: ComparedSection;
  readonly id: string;
  /** The fields that are not alike, or all of a row that only this side has; null where it has none. */
  readonly left: object | null;
  readonly right: object | null;
}

/** Two timelines beside each other. */
export interface ComparisonView {
  readonly left: SideView;
  readonly right: SideView;
  readonly ancestor: Comparison['ancestor'];
  readonly firstDivergence: {
    /** The lower one of the two events' versions. */
    readonly version: number;
    readonly left: PresentedEvent | null;
    readonly right: PresentedEvent | null;
  } | null;
  readonly differences: Page<DifferenceView>;
}

/** A page of the differences; without a cursor the first, which also finds where the timelines part. */
export async function comparisonView(
  comparison: Comparison,
  { limit, cursor: before }: { readonly limit: number; readonly cursor: CompareCursor | undefined },
): Promise<ComparisonView> {
  const { left, right, ancestor } = comparison;
  const known = before?.divergence;
  const divergence =
    before === undefined
      ? await comparison.firstDivergence()
      : known === null || known === undefined
        ? null
        : await comparison.divergenceAt(known);
  const { items, isLast } = await firstOf(comparison.differences(before?.after), limit);
  const last = items.at(-1);
  const versions = { left: left.version, right: right.version };
  const cursorAfter = (after: Difference) => encodeCompareCursor({ versions, divergence: placesOf(divergence), after });
  return {
    left: await sideView(left),
    right: await sideView(right),
    ancestor,
    firstDivergence: divergence && divergenceView(divergence, [left.state, right.state]),
    differences: {
      items: items.map(differenceView),
      nextCursor: isLast || last === undefined ? null : cursorAfter(last),
    },
  };
}

/** What a page may hold of documents' texts and the like, in characters, before it ends early. */
const CHARACTERS_PER_PAGE_MAX = 4_000_000;

async function firstOf(
  differences: AsyncIterable<Difference>,
  limit: number,
): Promise<{ readonly items: readonly Difference[]; readonly isLast: boolean }> {
  const items: Difference[] = [];
  let characters = 0;
  for await (const difference of differences) {
    if (items.length === limit || characters > CHARACTERS_PER_PAGE_MAX) return { items, isLast: false };
    items.push(difference);
    characters += textLength(difference.left) + textLength(difference.right);
  }
  return { items, isLast: true };
}

function textLength(fields: RecordFields | null): number {
  let length = 0;
  for (const { value } of Object.values(fields ?? {})) {
    for (const text of [value].flat()) if (typeof text === 'string') length += text.length;
  }
  return length;
}

const placesOf = (divergence: Divergence | null) =>
  divergence && { left: divergence.left?.version ?? null, right: divergence.right?.version ?? null };

const sideView = async ({ timeline, version, stateHash }: HeldView): Promise<SideView> => ({
  timeline,
  version,
  stateHash: await stateHash(),
});

function divergenceView(
  { left, right }: Divergence,
  [ours, theirs]: readonly [ReadableState, ReadableState],
): ComparisonView['firstDivergence'] {
  const version = Math.min(left?.version ?? Infinity, right?.version ?? Infinity);
  return { version, left: left && eventView(left, ours), right: right && eventView(right, theirs) };
}

const eventView = (event: RecordedEvent, { markets }: ReadableState): PresentedEvent =>
  presentEvent(event, (marketId, index) => markets.get(marketId)?.terms.outcomes[index]);

export const differenceView = ({ section, id, left, right }: Difference): DifferenceView => ({
  section,
  id,
  left: presentRecord(left),
  right: presentRecord(right),
});
