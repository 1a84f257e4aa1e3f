import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { Label } from '#event-log';
import { Boot } from '../boot.js';
import { decodeCursor, encodeCursor, limitOf, type ListQuery, type Page } from '../http/pages.js';
import { statusOf, type TimelineStatus } from '../timelines/queries.js';

/** Where a timeline comes from and what was forked from it. */
export interface LineageView {
  readonly timeline: string;
  /** The parent first, the root last. */
  readonly ancestors: readonly { readonly timeline: string; readonly forkVersion: number }[];
  readonly forks: readonly {
    readonly timeline: string;
    readonly forkVersion: number | null;
    readonly status: TimelineStatus;
  }[];
}

export class GetLineage extends Query<LineageView> {
  constructor(readonly timeline: string) {
    super();
  }
}

@QueryHandler(GetLineage)
export class GetLineageHandler implements IQueryHandler<GetLineage> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline }: GetLineage): Promise<LineageView> {
    const { ancestors, forks } = await this.boot.runtime.lineage(timeline);
    return {
      timeline,
      ancestors,
      forks: forks.map((record) => ({
        timeline: record.name,
        forkVersion: record.parent?.forkVersion ?? null,
        status: statusOf(record),
      })),
    };
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
    const limit = limitOf(query);
    const afterLabel = query.cursor === undefined ? null : (decodeCursor(query.cursor) ?? null);
    const labels = await this.boot.runtime.listLabels(timeline, { afterLabel, limit: limit + 1 });
    const items = labels.slice(0, limit);
    const last = items.at(-1);
    return { items, nextCursor: labels.length <= limit || last === undefined ? null : encodeCursor(last.label) };
  }
}
