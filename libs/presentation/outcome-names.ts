import { isMarketBirth, isMarketBirthType, readStoredEvent, type DomainEvent } from '#domain';
import type { RecordedEvent } from '#event-log';
import type { Runtime } from '#runtime';
import type { OutcomeName } from './events.js';

/** Names kept for one reader; more than a page of events can ask for. */
const MARKETS_KEPT_MAX = 10_000;

/**
 * The names of the outcomes that stored events number. A market's outcomes never change, so a reader asks for each market
 * once; but it asks for itself, since the history behind a name could be taken back by a restore.
 */
export class OutcomeNames {
  readonly #runtime: Pick<Runtime, 'outcomesOf'>;
  readonly #timeline: string;
  readonly #options: Parameters<Runtime['outcomesOf']>[2];
  readonly #names = new Map<string, readonly string[]>();

  constructor(
    runtime: Pick<Runtime, 'outcomesOf'>,
    timeline: string,
    options: Parameters<Runtime['outcomesOf']>[2] = { mayLoad: true },
  ) {
    this.#runtime = runtime;
    this.#timeline = timeline;
    this.#options = options;
  }

  /** Names for all trades among these events. */
  async of(events: readonly RecordedEvent[]): Promise<OutcomeName> {
    const traded = new Set<string>();
    for (const { type, ...stored } of events) {
      if (!isMarketBirthType(type) && type !== 'BetPlaced' && type !== 'SharesSold') continue;
      const read = readStoredEvent({ type, ...stored });
      if (read.kind === 'read') this.#note(read.event, traded);
    }
    const known = [...traded].map((marketId) => [marketId, this.#names.get(marketId)] as const);
    const missing = known.filter(([, outcomes]) => outcomes === undefined).map(([marketId]) => marketId);
    if (missing.length > 0) await this.#learn(missing);
    // Last, so that they are not those that give way.
    for (const [marketId, outcomes] of known) if (outcomes !== undefined) this.#keep(marketId, outcomes);
    return (marketId, index) => this.#names.get(marketId)?.[index];
  }

  /** What a reader saw come into being it need not ask for. */
  #note(event: DomainEvent, traded: Set<string>): void {
    if (isMarketBirth(event)) this.#keep(event.data.marketId, event.data.outcomes);
    else if ('marketId' in event.data) traded.add(String(event.data.marketId));
  }

  async #learn(marketIds: readonly string[]): Promise<void> {
    const found = await this.#runtime.outcomesOf(this.#timeline, marketIds, this.#options);
    for (const [marketId, outcomes] of found) this.#keep(marketId, outcomes);
    // What is not there is not looked for again.
    for (const marketId of marketIds) this.#keep(marketId, found.get(marketId) ?? []);
  }

  #keep(marketId: string, outcomes: readonly string[]): void {
    this.#names.delete(marketId);
    this.#names.set(marketId, outcomes);
    const [oldest] = this.#names.keys();
    if (this.#names.size > MARKETS_KEPT_MAX && oldest !== undefined) this.#names.delete(oldest);
  }
}
