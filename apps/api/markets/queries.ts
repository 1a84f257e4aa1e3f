import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import {
  DOMAINS,
  DURATIONS,
  formatDecimal,
  quote,
  statusAt,
  type Market,
  type Quote,
  type QuoteRequest,
} from '#domain';
import { formatPpm, marketView, type MarketView, type Page } from '#presentation';
import type { LiveView } from '#runtime';
import { Boot } from '../boot.js';
import { Optional } from '../fields/field.js';
import { oneOf } from '../fields/rules.js';
import { ListQuery, pageOf } from '../http/pages.js';
import { ProblemError, refused } from '../problems/problem-error.js';
import { readList, readLive, type Answer, type ReadTarget } from '../queries/answer.js';

/** What a list of markets can be narrowed to. */
export class ListMarketsQuery extends ListQuery {
  @Optional(oneOf('open', 'closed', 'resolved', 'void'))
  readonly status?: string;

  @Optional(oneOf(...DOMAINS))
  readonly domain?: string;

  @Optional(oneOf(...DURATIONS))
  readonly duration?: string;
}

export class GetMarket extends Query<Answer<MarketView>> {
  constructor(
    readonly target: ReadTarget,
    readonly marketId: string,
  ) {
    super();
  }
}

@QueryHandler(GetMarket)
export class GetMarketHandler implements IQueryHandler<GetMarket> {
  constructor(private readonly boot: Boot) {}

  execute({ target, marketId }: GetMarket): Promise<Answer<MarketView>> {
    return readLive(this.boot, target, (live) => {
      const market = live.state.markets.get(marketId);
      if (market === undefined) throw marketUnknown(marketId);
      return marketView(market, live.nowMs);
    });
  }
}

export class ListMarkets extends Query<Answer<Page<MarketView>>> {
  constructor(
    readonly target: ReadTarget,
    readonly query: ListMarketsQuery,
  ) {
    super();
  }
}

@QueryHandler(ListMarkets)
export class ListMarketsHandler implements IQueryHandler<ListMarkets> {
  constructor(private readonly boot: Boot) {}

  execute({ target, query }: ListMarkets): Promise<Answer<Page<MarketView>>> {
    return readList(this.boot, target, (live) =>
      pageOf(live.state.markets.sortedIds(), query, {
        present: (id) => {
          const market = live.state.markets.get(id);
          return market !== undefined && isWanted(market, query, live) ? marketView(market, live.nowMs) : undefined;
        },
      }),
    );
  }
}

function isWanted(market: Market, { status, domain, duration }: ListMarketsQuery, { nowMs }: LiveView): boolean {
  const { terms } = market;
  return (
    (status === undefined || status === statusAt(market, nowMs)) &&
    (domain === undefined || domain === terms.domain) &&
    (duration === undefined || duration === terms.duration)
  );
}

/** What a trade would come to now: the receipt that it would have, but for the agent. */
export interface QuoteView {
  readonly side: Quote['side'];
  readonly marketId: string;
  readonly outcome: string;
  /** The budget of a purchase. */
  readonly amount?: string;
  readonly fee: string;
  readonly shares: string;
  /** What a seller gets. */
  readonly payout?: string;
  readonly priceBefore: string;
  readonly priceAfter: string;
}

export class GetQuote extends Query<Answer<QuoteView>> {
  constructor(
    readonly target: ReadTarget,
    readonly request: QuoteRequest,
  ) {
    super();
  }
}

@QueryHandler(GetQuote)
export class GetQuoteHandler implements IQueryHandler<GetQuote> {
  constructor(private readonly boot: Boot) {}

  execute({ target, request }: GetQuote): Promise<Answer<QuoteView>> {
    return readLive(this.boot, target, ({ state, nowMs }) => {
      const quoted = quote(state, request, nowMs);
      if ('kind' in quoted) throw refused(quoted);
      return quoteView(quoted);
    });
  }
}

const quoteView = ({ side, marketId, outcome, amount, fee, shares, payout, ...prices }: Quote): QuoteView => ({
  side,
  marketId,
  outcome,
  ...(payout === null ? { amount: formatDecimal(amount) } : { payout: formatDecimal(payout) }),
  fee: formatDecimal(fee),
  shares: formatDecimal(shares),
  priceBefore: formatPpm(prices.priceBeforePpm),
  priceAfter: formatPpm(prices.priceAfterPpm),
});

export const marketUnknown = (marketId: string): ProblemError =>
  new ProblemError('market-unknown', `There is no market ${marketId}.`);
