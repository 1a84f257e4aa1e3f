import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { worldEventView, worldView, type Page, type WorldEventView, type WorldView } from '#presentation';
import { Boot } from '../boot.js';
import { pageOf, type ListQuery } from '../http/pages.js';
import { readList, readLive, type Answer, type ReadTarget } from '../queries/answer.js';

export class GetWorld extends Query<Answer<WorldView>> {
  constructor(readonly target: ReadTarget) {
    super();
  }
}

@QueryHandler(GetWorld)
export class GetWorldHandler implements IQueryHandler<GetWorld> {
  constructor(private readonly boot: Boot) {}

  execute({ target }: GetWorld): Promise<Answer<WorldView>> {
    return readLive(this.boot, target, ({ state }) => worldView(state.world));
  }
}

export class ListWorldEvents extends Query<Answer<Page<WorldEventView>>> {
  constructor(
    readonly target: ReadTarget,
    readonly query: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListWorldEvents)
export class ListWorldEventsHandler implements IQueryHandler<ListWorldEvents> {
  constructor(private readonly boot: Boot) {}

  execute({ target, query }: ListWorldEvents): Promise<Answer<Page<WorldEventView>>> {
    return readList(this.boot, target, ({ state: { worldEvents } }) =>
      pageOf(worldEvents.sortedIds(), query, {
        present: (id) => {
          const event = worldEvents.get(id);
          return event && worldEventView(event);
        },
      }),
    );
  }
}
