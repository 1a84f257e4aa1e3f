import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { isInScope } from '#access';
import type { Label } from '#event-log';
import { decodeCursor, lineageView, type LineageView, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { limitOf, pageOfRows, type ListQuery } from '../http/pages.js';
import { reached } from '../states/read-past.js';

export class GetLineage extends Query<LineageView> {
  constructor(
    readonly timeline: string,
    /** Whose forks are shown: the scope of who asks. What a timeline was forked from is a part of it. */
    readonly timelines: readonly string[] | null,
  ) {
    super();
  }
}

@QueryHandler(GetLineage)
export class GetLineageHandler implements IQueryHandler<GetLineage> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, timelines }: GetLineage): Promise<LineageView> {
    const lineage = lineageView(await this.boot.runtime.lineage(timeline));
    return { ...lineage, forks: lineage.forks.filter((fork) => isInScope(timelines, fork.timeline)) };
  }
}

export class ListLabels extends Query<Page<Label>> {
  constructor(
    readonly timeline: string,
    readonly query: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListLabels)
export class ListLabelsHandler implements IQueryHandler<ListLabels> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, query }: ListLabels): Promise<Page<Label>> {
    const { minVersion } = query;
    await reached(this.boot, { timeline, options: minVersion === undefined ? {} : { minVersion: Number(minVersion) } });
    const limit = limitOf(query);
    const afterLabel = query.cursor === undefined ? null : (decodeCursor(query.cursor) ?? null);
    const labels = await this.boot.runtime.listLabels(timeline, { afterLabel, limit: limit + 1 });
    return pageOfRows(labels, limit, { present: (label) => label, placeOf: ({ label }) => label });
  }
}
