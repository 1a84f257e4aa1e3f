import { readStoredEvent } from '#domain';
import type { RecordedEvent } from '#event-log';
import type { Runtime } from '#runtime';
import type { OutcomeName } from './events.js';

/** Names kept for one reader; then it starts again. */
const MARKETS_KEPT_MAX = 10_000;

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

function marketsTraded(event: RecordedEvent): readonly string[] {
  if (event.type !== 'BetPlaced' && event.type !== 'SharesSold') return [];
  const read = readStoredEvent(event);
  return read.kind === 'read' && 'marketId' in read.event.data ? [String(read.event.data.marketId)] : [];
}
