import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { namesIn } from '#access';
import {
  snapshotView,
  timelineEntryView,
  timelineView,
  type Page,
  type SnapshotView,
  type TimelineEntryView,
  type TimelineView,
} from '#presentation';
import { Boot } from '../boot.js';
import { limitOf, namePlace, pageOfRows, placeOf, type ListQuery } from '../http/pages.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';

export class GetTimeline extends Query<Answer<TimelineView>> {
  constructor(readonly target: ReadTarget) {
    super();
  }
}

@QueryHandler(GetTimeline)
export class GetTimelineHandler implements IQueryHandler<GetTimeline> {
  constructor(private readonly boot: Boot) {}

  execute({ target }: GetTimeline): Promise<Answer<TimelineView>> {
    return readLive(this.boot, target, timelineView);
  }
}

export class ListTimelines extends Query<Page<TimelineEntryView>> {
  constructor(
    readonly query: ListQuery,
    /** For whom, and which names are shown: those in the scope of who asks. */
    readonly asker: { readonly client: string; readonly timelines: readonly string[] | null },
  ) {
    super();
  }
}

@QueryHandler(ListTimelines)
export class ListTimelinesHandler implements IQueryHandler<ListTimelines> {
  constructor(private readonly boot: Boot) {}

  /** No other timeline is looked at, so that neither a cursor nor a short page tells of one. */
  async execute({ query, asker: { timelines, client } }: ListTimelines): Promise<Page<TimelineEntryView>> {
    const limit = limitOf(query);
    const afterName = placeOf(query, namePlace);
    const within = timelines === null ? {} : { within: namesIn(timelines) };
    const records = await this.boot.runtime.listTimelines({ afterName, limit: limit + 1, ...within }, { client });
    return pageOfRows(records, limit, { present: timelineEntryView, placeOf: ({ name }) => name });
  }
}

export class ListSnapshots extends Query<Page<SnapshotView>> {
  constructor(
    readonly timeline: string,
    readonly client: string,
  ) {
    super();
  }
}

@QueryHandler(ListSnapshots)
export class ListSnapshotsHandler implements IQueryHandler<ListSnapshots> {
  constructor(private readonly boot: Boot) {}

  async execute({ timeline, client }: ListSnapshots): Promise<Page<SnapshotView>> {
    const snapshots = await this.boot.runtime.listSnapshots(timeline, { client });
    return { items: snapshots.map(snapshotView), nextCursor: null };
  }
}
