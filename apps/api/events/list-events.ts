import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { eventPage, OutcomeNames, type EventPage } from '#presentation';
import { Boot } from '../boot.js';
import { limitOf, numberPlace, placeOf } from '../http/pages.js';
import type { ReadTarget } from '../queries/answer.js';
import { reached } from '../states/read-past.js';
import { typesOf, type ListEventsQuery } from './event-query.js';

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

  async execute({ target, query }: ListEvents): Promise<EventPage> {
    const { runtime } = this.boot;
    const { timeline, client } = target;
    await reached(this.boot, target);
    const types = typesOf(query);
    const wanted = { afterVersion: afterOf(query), limit: limitOf(query), ...(types !== undefined && { types }) };
    const page = await runtime.readEvents(timeline, wanted, { client });
    const names = await new OutcomeNames(runtime, timeline, { client, mayLoad: true }).of(page.events);
    return runtime.paced(() => eventPage(page, names));
  }
}

/** Where the page starts: a cursor goes on from `after`. */
const afterOf = (query: ListEventsQuery): number => placeOf(query, numberPlace) ?? Number(query.after ?? 0);
