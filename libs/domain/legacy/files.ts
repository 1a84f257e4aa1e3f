import { isObject, type JsonObject, type Note } from './record.js';
import { textFaults } from './text-faults.js';

/** A file of the old data directory; `text` is what it holds, decoded from UTF-8. */
export interface LegacyFile {
  readonly name: string;
  readonly text: string;
}

/** What an old file can hold. */
export type LegacyKind = 'economy' | 'markets' | 'stats' | 'world';

/** A file that is JSON; `data` is what its `_meta` wrapper holds, or all of it where there is none. */
export interface ParsedFile extends LegacyFile {
  readonly stateName: string | null;
  readonly data: unknown;
}

const USUAL_NAMES: Readonly<Record<LegacyKind, string>> = {
  economy: 'economy_state.json',
  markets: 'markets.json',
  stats: 'orchestrator_stats.json',
  world: 'world_state.json',
};

/** Undefined, and noted, if the text is not whole JSON, holds what no document may, or is a wrapper around nothing. */
export function parseFile({ name, text }: LegacyFile, note: Note): ParsedFile | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    note(`is not whole JSON: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const faults = textFaults(text);
  if (faults.length > 0) {
    faults.forEach(note);
    return undefined;
  }
  if (!isObject(content) || !isObject(content['_meta'])) return { name, text, stateName: null, data: content };
  if (!Object.hasOwn(content, 'data')) {
    note('has a _meta wrapper without data');
    return undefined;
  }
  const stateName = content['_meta']['state_name'];
  return { name, text, stateName: typeof stateName === 'string' ? stateName : null, data: content['data'] };
}

/**
 * The file of each kind: the one with the usual name; else the one that its wrapper or, without one, its content says. Two
 * that say the same are noted. A file of no kind is left to be kept as a document.
 */
export function fileOfKind(
  files: readonly ParsedFile[],
  kind: LegacyKind,
  note: (file: string, detail: string) => void,
) {
  const usual = files.find(({ name }) => name === USUAL_NAMES[kind]);
  if (usual !== undefined) return usual;
  const unusual = files.filter(({ name }) => !Object.values(USUAL_NAMES).includes(name));
  const [found, other] = unusual.filter((file) => (file.stateName ?? kindByContent(file.data)) === kind);
  if (found !== undefined && other !== undefined) note(other.name, `holds ${kind}, and so does ${found.name}`);
  return found;
}

function kindByContent(data: unknown): LegacyKind | undefined {
  if (!isObject(data)) return undefined;
  if ('stakes' in data) return 'economy';
  if ('events_processed' in data) return 'stats';
  if ('global_tension' in data) return 'world';
  return looksLikeMarkets(data) ? 'markets' : undefined;
}

function looksLikeMarkets(data: JsonObject): boolean {
  const rows = Object.values(data);
  return rows.length > 0 && rows.every((row) => isObject(row) && 'yes_shares' in row && 'no_shares' in row);
}
