import type { Bench } from '../bench.js';
import { openChild, type Child } from '../child.js';

/** What a writer is told: so many callers, for so long. It answers with the commands/s they came to. */
export interface WriterOrder {
  readonly callers: number;
  readonly ms: number;
  readonly countMax: number;
}

/** A process with a runtime of its own that bets on a timeline. */
export const openWriter = (
  bench: Bench,
  { url, timeline }: { readonly url: string; readonly timeline: string },
): Promise<Child<WriterOrder>> => openChild(bench, { script: 'seed/writer-process.ts', args: [url, timeline] });
