import type { LegacyMarketImported } from '../legacy/events.js';
import type { MarketCreated } from './events.js';

/** Types of the events that bring a market into being. */
export const MARKET_BIRTHS = ['MarketCreated', 'LegacyMarketImported'] as const;

/** Whether an event of that type brings a market into being. */
export const isMarketBirthType = (type: string): boolean => MARKET_BIRTHS.some((birth) => birth === type);

/** Whether the event brings a market into being. */
export const isMarketBirth = <Event extends { readonly type: string }>(
  event: Event,
): event is Event & (MarketCreated | LegacyMarketImported) => isMarketBirthType(event.type);
