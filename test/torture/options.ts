import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { FAULTS, type FaultName } from './faults/faults.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const USAGE = `npm run torture -- [options]
  --seed N          what is drawn: the same seed draws the same faults and commands (default: of the time; printed)
  --minutes M       how long clients and faults are at work (default 2)
  --operations N    ends earlier, once so many operations were recorded
  --faults LIST     all, none, or names separated by commas (default all): ${FAULTS.map(({ name }) => name).join(', ')}
  --pace N          faults strike so many times as often (default 1)
  --clients N       clients (default 32)
  --rate N          operations a second that they aim at together; 0: as fast as they can (default 400)
  --batch N         commands that a batch may have (default 8)
  --round SECONDS   each round has timelines of its own and is checked by itself (default 60)
  --project FOLDER  the built project whose servers are tortured (default: this one)
  --report FILE     where the report goes as JSON
  --keep            keeps the evidence of a run that passed
  --help            this`;

/** What a run is asked for. */
export interface Options {
  readonly seed: number;
  readonly minutes: number;
  readonly operations: number;
  readonly faults: ReadonlySet<FaultName>;
  readonly pace: number;
  readonly clients: number;
  readonly rate: number;
  readonly batchMax: number;
  readonly roundSeconds: number;
  readonly project: string;
  readonly report: string | null;
  readonly keep: boolean;
}

/** Null where the command line cannot be understood. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string', default: '2' },
        operations: { type: 'string', default: 'Infinity' },
        faults: { type: 'string', default: 'all' },
        pace: { type: 'string', default: '1' },
        clients: { type: 'string', default: '32' },
        rate: { type: 'string', default: '400' },
        batch: { type: 'string', default: '8' },
        round: { type: 'string', default: '60' },
        project: { type: 'string', default: root },
        report: { type: 'string' },
        keep: { type: 'boolean', default: false },
      },
    });
    return {
      seed: positive(values.seed ?? String(1 + (Date.now() % 1_000_000))),
      minutes: positive(values.minutes),
      operations: positive(values.operations),
      faults: faultsOf(values.faults),
      pace: positive(values.pace),
      clients: positive(values.clients),
      rate: Number(values.rate),
      batchMax: positive(values.batch),
      roundSeconds: positive(values.round),
      project: values.project,
      report: values.report ?? null,
      keep: values.keep,
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return null;
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`"${text}" is no number above 0`);
  return value;
}

function faultsOf(text: string): ReadonlySet<FaultName> {
  if (text === 'all') return new Set(FAULTS.map(({ name }) => name));
  if (text === 'none') return new Set();
  const names = text.split(',');
  const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new TypeError(`there is no fault ${unknown.join(', ')}`);
  return new Set(names as FaultName[]);
}
