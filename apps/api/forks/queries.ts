import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { isInScope } from '#access';
import type { Label } from '#event-log';
import { lineageView, type LineageView, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { limitOf, namePlace, pageOfRows, placeOf, type ListQuery } from '../http/pages.js';
import type { ReadTarget } from '../queries/answer.js';
import { reached } from '../states/read-past.js';

export class GetLineage extends Query<LineageView> {
  constructor(
    readonly timeline: string,
    /** For whom, and whose forks are shown: those in the scope of who asks. What a timeline was forked from is a part of it. */
    readonly asker: { readonly client: string; readonly timelines: readonly string[] | null },
  ) {
    super();
  }
}

@QueryHandler(GetLineage)
export class GetLineageHandler implements IQueryHandler<GetLineage> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, asker: { timelines, client } }: GetLineage): Promise<LineageView> {
    const lineage = lineageView(await this.boot.runtime.lineage(timeline, { client }));
    return { ...lineage, forks: lineage.forks.filter((fork) => isInScope(timelines, fork.timeline)) };
  }
}

export class ListLabels extends Query<Page<Label>> {
  constructor(
    readonly target: ReadTarget,
    readonly query: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListLabels)
export class ListLabelsHandler implements IQueryHandler<ListLabels> {
  constructor(private readonly boot: Boot) {}

  async execute({ target, query }: ListLabels): Promise<Page<Label>> {
    const { timeline, client } = target;
    await reached(this.boot, target);
    const limit = limitOf(query);
    const afterLabel = placeOf(query, namePlace);
    const labels = await this.boot.runtime.listLabels(timeline, { afterLabel, limit: limit + 1 }, { client });
    return pageOfRows(labels, limit, { present: (label) => label, placeOf: ({ label }) => label });
  }
}
