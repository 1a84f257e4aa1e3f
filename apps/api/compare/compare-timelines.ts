import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  COMPARED_SECTIONS,
  type ComparedSection,
  type Difference,
  type ReadableState,
  type RecordFields,
} from '#domain';
import type { RecordedEvent } from '#event-log';
import type { Comparison, Divergence, HeldView } from '#runtime';
import { Boot } from '../boot.js';
import { limitOf, type Page } from '../http/pages.js';
import { presentEvent, type PresentedEvent } from '../presentation/events.js';
import { presentRecord } from '../presentation/records.js';
import type { Answer, ReadTarget } from '../queries/answer.js';
import { anyObject, object, oneOf, orNull, page, ref, whole, words } from '../reference/schemas.js';
import { reached } from '../states/read-past.js';
import type { CompareQuery } from './compare-query.js';
import { decodeCompareCursor, encodeCompareCursor } from './cursor.js';

interface SideView {
  readonly timeline: string;
  readonly version: number;
  readonly stateHash: string;
}

interface DifferenceView {
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

const sideSchema = object({ timeline: words, version: whole, stateHash: words });

export const comparisonSchema = object({
  left: sideSchema,
  right: sideSchema,
  ancestor: orNull(object({ timeline: words, version: whole })),
  firstDivergence: orNull(object({ version: whole, left: orNull(ref('Event')), right: orNull(ref('Event')) })),
  differences: page(
    object({ section: oneOf(...COMPARED_SECTIONS), id: words, left: orNull(anyObject), right: orNull(anyObject) }),
  ),
});

/** A page of what two timelines do not have alike. */
export class CompareTimelines extends Query<Answer<ComparisonView>> {
  constructor(
    readonly target: ReadTarget & { readonly signal: AbortSignal },
    readonly other: string,
    readonly query: CompareQuery,
  ) {
    super();
  }
}

@QueryHandler(CompareTimelines)
export class CompareTimelinesHandler implements IQueryHandler<CompareTimelines> {
  constructor(private readonly boot: Boot) {}

  async execute({ target, other, query }: CompareTimelines): Promise<Answer<ComparisonView>> {
    const { timeline, signal } = target;
    await reached(this.boot, target);
    const versions = (query.cursor === undefined ? undefined : decodeCompareCursor(query.cursor))?.versions ?? null;
    const request = { left: timeline, right: other, versions };
    return this.boot.runtime.past.compare(
      request,
      async (comparison) => ({
        body: await comparisonView(comparison, query),
        version: comparison.left.version,
        staleMs: null,
      }),
      { signal },
    );
  }
}

async function comparisonView(comparison: Comparison, query: CompareQuery): Promise<ComparisonView> {
  const { left, right, ancestor } = comparison;
  const before = query.cursor === undefined ? undefined : decodeCompareCursor(query.cursor);
  const known = before?.divergence;
  const divergence =
    before === undefined
      ? await comparison.firstDivergence()
      : known === null || known === undefined
        ? null
        : await comparison.divergenceAt(known);
  const { items, isLast } = await firstOf(comparison.differences(before?.after), limitOf(query));
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

const differenceView = ({ section, id, left, right }: Difference): DifferenceView => ({
  section,
  id,
  left: presentRecord(left),
  right: presentRecord(right),
});
