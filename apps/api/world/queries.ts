import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { ReadableState, WorldEvent } from '#domain';
import { Boot } from '../boot.js';
import { pageOf, type ListQuery, type Page } from '../http/pages.js';
import { formatPpm, formatTenths } from '../presentation/decimals.js';
import { formatTime } from '../presentation/time.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';

export interface WorldView {
  readonly globalTension: string;
  readonly recentReasoning: string;
  /** The last 1,000 lines, oldest first. */
  readonly eventLog: readonly string[];
}

export interface WorldEventView {
  readonly eventId: string;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly url: string;
  readonly publishedAt: string | null;
  readonly ingestedAt: string;
  readonly domain: WorldEvent['domain'];
  readonly duration: WorldEvent['duration'];
  readonly sentiment: number;
  readonly socialVolume: number;
  readonly newsVelocity: number;
  readonly assetVolatility: number;
  readonly virality: string;
  readonly reaction: WorldEvent['reaction'];
  readonly marketId: string | null;
  readonly marketRefused: string | null;
}

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
    return readLive(this.boot, target, ({ state: { worldEvents } }) =>
      pageOf(worldEvents.sortedIds(), query, {
        present: (id) => {
          const event = worldEvents.get(id);
          return event && worldEventView(event);
        },
      }),
    );
  }
}

export const worldView = ({ globalTensionPpm, recentReasoning, eventLog }: ReadableState['world']): WorldView => ({
  globalTension: formatPpm(globalTensionPpm),
  recentReasoning,
  eventLog,
});

export const worldEventView = (event: WorldEvent): WorldEventView => ({
  eventId: event.eventId,
  title: event.title,
  description: event.description,
  source: event.source,
  url: event.url,
  publishedAt: event.publishedAtMs === null ? null : formatTime(event.publishedAtMs),
  ingestedAt: formatTime(event.ingestedAtMs),
  domain: event.domain,
  duration: event.duration,
  sentiment: event.inputs.sentiment / 1_000_000,
  socialVolume: event.inputs.socialVolume / 1_000_000,
  newsVelocity: event.inputs.newsVelocity / 1_000_000,
  assetVolatility: event.inputs.assetVolatility / 1_000_000,
  virality: formatTenths(event.viralityTenths),
  reaction: event.reaction,
  marketId: event.marketId,
  marketRefused: event.marketRefused,
});
