import { parseArgs } from 'node:util';
import { SCALES, type Scale } from './scale.js';

/** What the command line asks for. */
export interface Options {
  readonly scale: Scale;
  /** Ids of measurements, such as `P4`; null: all. */
  readonly only: readonly string[] | null;
  /** Where the JSON goes. */
  readonly out: string;
}

export const USAGE = `npm run bench -- [--only P2,P4] [--scale small|full] [--out FILE]

  --only   the measurements to run, by the ids of the table of targets; all of them if absent
  --scale  small (default): minutes, and what CI may run; full: the sizes that the targets name
  --out    where the figures go as JSON; default data/bench.json`;

/** Throws a `TypeError` on what cannot be understood. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      scale: { type: 'string', default: 'small' },
      out: { type: 'string', default: 'data/bench.json' },
    },
  });
  const { scale } = values;
  if (scale !== 'small' && scale !== 'full') throw new TypeError(`there is no scale "${scale}"`);
  return { scale: SCALES[scale], only: values.only?.toUpperCase().split(',') ?? null, out: values.out };
}
