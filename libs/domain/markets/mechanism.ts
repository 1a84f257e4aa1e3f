import type { Micro } from '../units.js';
import * as fixedProduct from './fixed-product.js';
import type { Market, Mechanism } from './state.js';

/** What a market maker must be able to do. All of it is arithmetic on its pools; settlement is the same for every maker. */
export interface MarketMechanism {
  open(outcomes: number, liquidity: Micro): readonly Micro[];
  buy(maker: fixedProduct.MarketMaker, outcome: number, budget: Micro): fixedProduct.Purchase;
  sell(maker: fixedProduct.MarketMaker, outcome: number, shares: Micro): fixedProduct.Sale;
  /** In ppm, one for each outcome; they sum to exactly 1,000,000. */
  prices(pools: readonly Micro[]): readonly number[];
}

const MECHANISMS: Readonly<Record<Mechanism, MarketMechanism>> = {
  'fixed-product': {
    open: fixedProduct.openingPools,
    buy: fixedProduct.buy,
    sell: fixedProduct.sell,
    prices: fixedProduct.prices,
  },
};

/** The arithmetic that a market's terms name. */
export const mechanismOf = (mechanism: Mechanism): MarketMechanism => MECHANISMS[mechanism];

/** By market as it stands, which is replaced whole: a list of agents asks for the prices of each of its markets again and again. */
const known = new WeakMap<Market, readonly number[]>();

/** Prices of the outcomes in ppm, which sum to exactly 1,000,000; those of a settled market are its last. */
export function pricesOf(market: Market): readonly number[] {
  const { terms, phase, pools } = market;
  switch (phase.status) {
    case 'open':
    case 'closed': {
      const prices = known.get(market) ?? mechanismOf(terms.mechanism).prices(pools);
      known.set(market, prices);
      return prices;
    }
    case 'resolved':
    case 'void':
      return phase.closingPricesPpm;
  }
}
