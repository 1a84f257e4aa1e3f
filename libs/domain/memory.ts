import type { Agent } from './agents/state.js';
import type { StoredDocument } from './documents/state.js';
import type { Holding, Market } from './markets/state.js';
import type { WorldEvent } from './orchestrator/state.js';
import type { Sizing } from './tables/table.js';
import type { Lifecycle } from './timeline/state.js';
import type { World } from './world/state.js';

/**
 * What rows take in memory, so that a process can keep to a budget. The figures were measured on V8 with 100,000 rows of
 * each kind, keys and derived indexes included, and are rounded up: `docs/decisions/0013-a-budget-in-bytes.md`.
 */
const BYTES_PER_TEXT = 16;

/** A text of any letters, which take two bytes each where one of them is not Latin. */
const textBytes = (text: string): number => BYTES_PER_TEXT + 2 * text.length;

/** Ids are ASCII, one byte a letter. */
const idBytes = (id: string): number => BYTES_PER_TEXT + id.length;

/** The name of an agent is for ever, and its amounts take as much however large they are. */
export const agentSizing: Sizing<Agent> = {
  bytesOf: (id, { name }) => 260 + idBytes(id) + textBytes(name),
  isFixed: true,
};

/** With its place in the agenda. The terms are for ever; what settling adds is counted from the start. */
export const marketSizing: Sizing<Market> = {
  bytesOf: (id, { terms: { title, description, outcomes } }) => {
    const names = outcomes.reduce((sum, name) => sum + 64 + textBytes(name), 0);
    return 760 + 2 * idBytes(id) + textBytes(title) + textBytes(description) + names;
  },
  isFixed: true,
};

/** With its places in both indexes. */
export const holdingSizing: Sizing<Holding> = {
  bytesOf: (id, { shares }) => 620 + 2 * idBytes(id) + 32 * shares.length,
  isFixed: true,
};

export const worldEventSizing: Sizing<WorldEvent> = {
  bytesOf: (id, { title, description, source, url, marketRefused }) => {
    const texts = textBytes(title) + textBytes(description) + textBytes(source) + textBytes(marketRefused ?? '');
    return 360 + 2 * idBytes(id) + texts + textBytes(url);
  },
  isFixed: true,
};

/** A text of ASCII alone has as many bytes of UTF-8 as letters, and is kept with one byte for each. */
export const documentSizing: Sizing<StoredDocument> = {
  bytesOf: (id, { text, sizeBytes }) => {
    const bytesPerUnit = sizeBytes === text.length ? 1 : 2;
    return 180 + idBytes(id) + bytesPerUnit * text.length;
  },
  isFixed: false,
};

/** Records that are replaced whole and seldom: each is looked through once. */
const recordBytes = new WeakMap<object, number>();

/** Of whatever is one of a kind in a state. */
export function recordsBytes({ world, lifecycle }: { readonly world: World; readonly lifecycle: Lifecycle }): number {
  return 4_096 + remembered(world, worldBytes) + remembered(lifecycle, lifecycleBytes);
}

function remembered<Value extends object>(value: Value, bytesOf: (value: Value) => number): number {
  const known = recordBytes.get(value);
  if (known !== undefined) return known;
  const bytes = bytesOf(value);
  recordBytes.set(value, bytes);
  return bytes;
}

const worldBytes = ({ eventLog, recentReasoning }: World): number =>
  eventLog.reduce((sum, line) => sum + 8 + textBytes(line), textBytes(recentReasoning));

/** A result is JSON of any shape, and small objects take far more than their text. */
function lifecycleBytes(lifecycle: Lifecycle): number {
  if (lifecycle.status === 'absent' || lifecycle.status === 'active') return 0;
  return 8 * JSON.stringify(lifecycle.result).length;
}
