import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { replayView, type Page, type ReplayView } from '#presentation';
import { Boot } from '../boot.js';
import { limitOf, momentPlace, pageOfRows, placeOf, type ListQuery } from '../http/pages.js';
import { ProblemError } from '../problems/problem-error.js';

export class GetReplay extends Query<ReplayView> {
  constructor(readonly id: string) {
    super();
  }
}

@QueryHandler(GetReplay)
export class GetReplayHandler implements IQueryHandler<GetReplay> {
  constructor(private readonly boot: Boot) {}

  async execute({ id }: GetReplay): Promise<ReplayView> {
    const replay = await this.boot.runtime.replays.find(id);
    if (replay === undefined) throw replayUnknown();
    return replayView(replay);
  }
}

export class ListReplays extends Query<Page<ReplayView>> {
  constructor(readonly query: ListQuery) {
    super();
  }
}

@QueryHandler(ListReplays)
export class ListReplaysHandler implements IQueryHandler<ListReplays> {
  constructor(private readonly boot: Boot) {}

  async execute({ query }: ListReplays): Promise<Page<ReplayView>> {
    const limit = limitOf(query);
    const replays = await this.boot.runtime.replays.list({ after: placeOf(query, momentPlace), limit: limit + 1 });
    return pageOfRows(replays, limit, {
      present: replayView,
      placeOf: ({ createdAtMs, id }) => `${createdAtMs} ${id}`,
    });
  }
}

export const replayUnknown = (): ProblemError => new ProblemError('replay-unknown', 'There is no replay of that id.');
