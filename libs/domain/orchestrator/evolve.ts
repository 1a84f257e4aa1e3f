import { invariant } from '../invariant.js';
import type { State } from '../state.js';
import type { WorldEventIngested } from './events.js';

export function evolveWorldEventIngested(
  state: State,
  { data }: WorldEventIngested,
  { atMs, version }: { readonly atMs: number; readonly version: number },
): void {
  invariant(!state.worldEvents.has(data.eventId), () => `world event ${data.eventId} ingested twice`);
  const { rule: _rule, ...event } = data;
  state.worldEvents.set(data.eventId, { ...event, ingestedAtMs: atMs, version });
  state.stats = { ...state.stats, eventsProcessed: state.stats.eventsProcessed + 1 };
}
