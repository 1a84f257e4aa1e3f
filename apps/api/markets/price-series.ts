import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { formatDecimal, MARKET_BIRTHS, pricesOf, type Market, type Micro } from '#domain';
import { formatPpm } from '#presentation';
import type { Followed } from '#runtime';
import { Boot } from '../boot.js';
import type { Answer } from '../queries/answer.js';
import { decimal, listOf, object, words } from '../reference/schemas.js';
import { readSeries, seriesSchema, type SeriesTarget, type SeriesView } from '../series/read-series.js';
import { marketUnknown } from './queries.js';

interface PricePoint {
  readonly prices: readonly { readonly name: string; readonly price: string }[];
  readonly volume: string;
}

type PriceSeriesView = SeriesView<PricePoint> & { readonly marketId: string };

export const priceSeriesSchema = seriesSchema(
  { marketId: words },
  { prices: listOf(object({ name: words, price: decimal })), volume: decimal },
);

/** How a market's prices and volume changed. */
export class GetPriceSeries extends Query<Answer<PriceSeriesView>> {
  constructor(
    readonly target: SeriesTarget,
    readonly marketId: string,
  ) {
    super();
  }
}

@QueryHandler(GetPriceSeries)
export class GetPriceSeriesHandler implements IQueryHandler<GetPriceSeries> {
  constructor(private readonly boot: Boot) {}

  async execute({ target, marketId }: GetPriceSeries): Promise<Answer<PriceSeriesView>> {
    const answer = await readSeries(this.boot, target, { followed: pricesOfMarket(marketId), show: showPrices });
    if (answer === undefined) throw marketUnknown(marketId);
    const { timeline, ...series } = answer.body;
    return { ...answer, body: { timeline, marketId, ...series } };
  }
}

interface Prices {
  readonly outcomes: readonly string[];
  readonly ppm: readonly number[];
  readonly volume: Micro;
}

/** Lowest and highest are those of the first outcome's price. */
function pricesOfMarket(marketId: string): Followed<Prices> {
  let seen: Market | undefined;
  return {
    births: MARKET_BIRTHS,
    isBirth: ({ data }) => 'marketId' in data && data.marketId === marketId,
    look: ({ markets }, last) => {
      const market = markets.get(marketId);
      if (market === undefined || market === seen) return last;
      seen = market;
      const { volume, terms } = market;
      const ppm = pricesOf(market);
      const isSame = last?.volume === volume && ppm.every((price, i) => price === last.ppm[i]);
      return isSame ? last : { outcomes: terms.outcomes, ppm, volume };
    },
    compare: (one, other) => (one.ppm[0] ?? 0) - (other.ppm[0] ?? 0),
  };
}

const showPrices = ({ outcomes, ppm, volume }: Prices): PricePoint => ({
  prices: outcomes.map((name, i) => ({ name, price: formatPpm(ppm[i] ?? 0) })),
  volume: formatDecimal(volume),
});
