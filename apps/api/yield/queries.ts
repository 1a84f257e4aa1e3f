import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { yieldView, type YieldView } from '#presentation';
import { Boot } from '../boot.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';

export class GetYield extends Query<Answer<YieldView>> {
  constructor(readonly target: ReadTarget) {
    super();
  }
}

@QueryHandler(GetYield)
export class GetYieldHandler implements IQueryHandler<GetYield> {
  constructor(private readonly boot: Boot) {}

  execute({ target }: GetYield): Promise<Answer<YieldView>> {
    return readLive(this.boot, target, ({ state }) => yieldView(state.yieldAccount));
  }
}
