import type { MarketId } from '../units.js';
import type { Domain, Duration, Reaction, WorldEventContent } from './state.js';

export interface WorldEventIngested {
  readonly type: 'WorldEventIngested';
  readonly data: WorldEventContent & {
    readonly domain: Domain;
    readonly duration: Duration;
    readonly givenDomain: Domain | null;
    readonly givenDuration: Duration | null;
    readonly viralityTenths: number;
    readonly rule: string;
    readonly reaction: Reaction;
    /** The market that the same command opened. */
    readonly marketId: MarketId | null;
    /** Why the automatic market was not opened: `market-id-taken`. */
    readonly marketRefused: string | null;
  };
}
