import type { Bench } from '../bench.js';
import { openChild } from '../child.js';

/** The peer: Emmett 0.42 on the same server, with the same events. */
export interface Emmett {
  /** Appends/s of one round, one event each, every client to a stream of its own. */
  appends(): Promise<number>;
  /** Writes a stream to be replayed. */
  fill(events: number): Promise<void>;
  /** Events/s of folding that stream, the fold itself doing next to nothing. */
  replay(): Promise<number>;
}

/** What its process is told. */
export type EmmettOrder =
  | { readonly what: 'append'; readonly callers: number; readonly ms: number; readonly countMax: number }
  | { readonly what: 'fill'; readonly events: number }
  | { readonly what: 'replay' };

export async function openEmmett(bench: Bench, connections: number): Promise<Emmett> {
  const url = await bench.newDatabase();
  const script = 'yardsticks/emmett-process.ts';
  const child = await openChild<EmmettOrder>(bench, { script, args: [url, String(connections)] });
  const { roundMs: ms, commandsPerRoundMax: countMax } = bench.scale;
  return {
    appends: () => child.order({ what: 'append', callers: connections, ms, countMax }),
    async fill(events) {
      await child.order({ what: 'fill', events });
    },
    replay: () => child.order({ what: 'replay' }),
  };
}
