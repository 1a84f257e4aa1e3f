import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { AgentId } from '#domain';
import { encodeCursor, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { limitOf, placeOf, type ListQuery } from '../http/pages.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';
import { AccrualFold, PAYOUT_EVENTS, type PayoutView } from './payouts.js';
import { agentUnknown } from './queries.js';

const EVENTS_PER_READ = 2_000;
/** Events that one page may pass over: they are all stakers', not the agent's alone. */
const EVENTS_PER_PAGE_MAX = 20_000;
/** Each passes over a bounded stretch of the log, of which an index tells where the events are. */
const READS_PER_PAGE_MAX = 100;

export class ListPayouts extends Query<Answer<Page<PayoutView>>> {
  constructor(
    readonly target: ReadTarget,
    readonly agentId: AgentId,
    readonly query: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListPayouts)
export class ListPayoutsHandler implements IQueryHandler<ListPayouts> {
  constructor(private readonly boot: Boot) {}

  async execute({ target, agentId, query }: ListPayouts): Promise<Answer<Page<PayoutView>>> {
    const fold = placeOf(query, (text) => AccrualFold.from(agentId, text)) ?? new AccrualFold(agentId);
    const head = await readLive(this.boot, target, ({ state }) => {
      if (!state.agents.has(agentId)) throw agentUnknown(agentId);
    });
    return { ...head, body: await this.#page(target, fold, limitOf(query)) };
  }

  async #page({ timeline, client }: ReadTarget, fold: AccrualFold, limit: number): Promise<Page<PayoutView>> {
    const items: PayoutView[] = [];
    let scanned = 0;
    for (let reads = 0; reads < READS_PER_PAGE_MAX && scanned < EVENTS_PER_PAGE_MAX; reads += 1) {
      const { events, headVersion, scannedTo } = await this.boot.runtime.readEvents(
        timeline,
        { afterVersion: fold.version, limit: EVENTS_PER_READ, types: PAYOUT_EVENTS },
        { client },
      );
      for (const event of events) {
        const payout = fold.take(event);
        if (payout !== undefined && items.push(payout) === limit)
          return { items, nextCursor: encodeCursor(fold.cursor) };
      }
      if (scannedTo >= headVersion) return { items, nextCursor: null };
      scanned += events.length;
      fold.version = scannedTo;
    }
    return { items, nextCursor: encodeCursor(fold.cursor) };
  }
}
