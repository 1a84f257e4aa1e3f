import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Boot } from '../boot.js';
import { decodeCursor, encodeCursor, limitOf, type Page } from '../http/pages.js';
import { presentEvent, type PresentedEvent } from '../presentation/events.js';
import type { ReadTarget } from '../queries/answer.js';
import { typesOf, type ListEventsQuery } from './event-query.js';
import { OutcomeNames } from './outcome-names.js';

/** A page of the log. */
export interface EventPage extends Page<PresentedEvent> {
  /** The timeline's version when the page was read. */
  readonly version: number;
}

export class ListEvents extends Query<EventPage> {
  constructor(
    readonly target: ReadTarget,
    readonly query: ListEventsQuery,
  ) {
    super();
  }
}

@QueryHandler(ListEvents)
export class ListEventsHandler implements IQueryHandler<ListEvents> {
  constructor(private readonly boot: Boot) {}

  async execute({ target: { timeline, options }, query }: ListEvents): Promise<EventPage> {
    const { runtime } = this.boot;
    if (options.minVersion !== undefined) await runtime.read(timeline, options, () => undefined);
    const types = typesOf(query);
    const { events, headVersion, scannedTo } = await runtime.readEvents(timeline, {
      afterVersion: afterOf(query),
      limit: limitOf(query),
      ...(types !== undefined && { types }),
    });
    const names = await new OutcomeNames(runtime, timeline).of(events);
    return {
      items: events.map((event) => presentEvent(event, names)),
      nextCursor: scannedTo < headVersion ? encodeCursor(String(scannedTo)) : null,
      version: headVersion,
    };
  }
}

/** Where the page starts: a cursor goes on from `after`. */
function afterOf({ after = '0', cursor }: ListEventsQuery): number {
  const version = cursor === undefined ? Number.NaN : Number(decodeCursor(cursor));
  return Number.isSafeInteger(version) && version >= 0 ? version : Number(after);
}
