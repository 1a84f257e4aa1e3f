import type { RecordedEvent } from '#event-log';
import type { Runtime } from '#runtime';
import type { OutcomeName } from '../presentation/events.js';

/** Names kept for one reader; then it starts again. */
const MARKETS_KEPT_MAX = 10_000;

interface Trade {
  readonly marketId?: unknown;
  readonly outcome?: unknown;
}

/**
 * The names of the outcomes that stored events number. A market's outcomes never change, so a reader asks for each market
 * once; but it asks for itself, since the history behind a name could be taken back by a restore.
 */
export class OutcomeNames {
  readonly #names = new Map<string, readonly string[]>();

  constructor(
    private readonly runtime: Runtime,
    private readonly timeline: string,
  ) {}

  /** Names for all trades among these events. */
  async of(events: readonly RecordedEvent[]): Promise<OutcomeName> {
    const missing = [...new Set(events.flatMap(marketsTraded))].filter((marketId) => !this.#names.has(marketId));
    if (missing.length > 0) await this.#learn(missing);
    return (marketId, index) => this.#names.get(marketId)?.[index];
  }

  async #learn(marketIds: readonly string[]): Promise<void> {
    if (this.#names.size > MARKETS_KEPT_MAX) this.#names.clear();
    const found = await this.runtime.read(this.timeline, {}, ({ state }) =>
      marketIds.map((marketId) => [marketId, state.markets.get(marketId)?.terms.outcomes] as const),
    );
    for (const [marketId, outcomes] of found) if (outcomes !== undefined) this.#names.set(marketId, outcomes);
  }
}

function marketsTraded({ type, data }: RecordedEvent): readonly string[] {
  if (type !== 'BetPlaced' && type !== 'SharesSold') return [];
  const { marketId } = JSON.parse(data) as Trade;
  return typeof marketId === 'string' ? [marketId] : [];
}
