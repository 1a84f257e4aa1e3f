import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { COMPARED_SECTIONS } from '#domain';
import { comparisonView, decodeCompareCursor, type ComparisonView } from '#presentation';
import { Boot } from '../boot.js';
import { limitOf } from '../http/pages.js';
import type { Answer, ReadTarget } from '../queries/answer.js';
import { anyObject, object, oneOf, orNull, page, ref, whole, words } from '../reference/schemas.js';
import { reached } from '../states/read-past.js';
import type { CompareQuery } from './compare-query.js';

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
    const { timeline, signal, client } = target;
    await reached(this.boot, target);
    const cursor = query.cursor === undefined ? undefined : decodeCompareCursor(query.cursor);
    const request = { left: timeline, right: other, versions: cursor?.versions ?? null };
    return this.boot.runtime.past.compare(
      request,
      async (comparison) => ({
        body: await comparisonView(comparison, { limit: limitOf(query), cursor }),
        version: comparison.left.version,
        staleMs: null,
      }),
      { signal, client },
    );
  }
}
