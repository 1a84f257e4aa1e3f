import { parseArgs } from 'node:util';
import { parseStrategyChange, type StrategyChange } from './roster.js';

export interface Options {
  readonly server: string;
  /** The access key for a protected server. */
  readonly key?: string;
  readonly timeline: string;
  readonly seed: number;
  readonly days: number;
  readonly changes: readonly StrategyChange[];
  /** The timeline is a fork of another one, at a label; null: it starts from nothing. */
  readonly fork: ForkOf | null;
}

export interface ForkOf {
  readonly parent: string;
  /** Each 1 January is a label, where that day begins. */
  readonly label: string;
}

export const USAGE = `Usage: npm run example:seattle -- [options]

  --server URL          the server to drive (SEED_URL, or http://127.0.0.1:8000); SEED_KEY is the
                        key of an operator where it is protected
  --timeline NAME       the timeline to make, or to go on with (SEATTLE)
  --seed N              what the bots' chances come from (1)
  --strategy BOT=NAME   another strategy for a bot, such as bot-007=noise; from a day on: bot-007=noise@2013-01-01.
                        May be given more than once
  --fork TIMELINE@LABEL fork a timeline that was driven with the same seed, and live on from there. Each 1 January is
                        a label: SEATTLE@2013-01-01
  --days N              live through the first N days only, 2 to 1461 (1461)
  --help                this
`;

const DAYS_MAX = 1_461;
const SEED_MAX = 2 ** 31 - 1;

/** The command line; null if it asks for help. Throws an `Error` that names what is wrong. */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      server: { type: 'string', default: env['SEED_URL'] ?? 'http://127.0.0.1:8000' },
      timeline: { type: 'string', default: 'SEATTLE' },
      seed: { type: 'string', default: '1' },
      days: { type: 'string', default: String(DAYS_MAX) },
      fork: { type: 'string' },
      strategy: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    server: values.server,
    ...(env['SEED_KEY'] && { key: env['SEED_KEY'] }),
    timeline: values.timeline,
    seed: wholeNumber('--seed', values.seed, { from: 0, to: SEED_MAX }),
    days: wholeNumber('--days', values.days, { from: 2, to: DAYS_MAX }),
    changes: values.strategy.map(parseStrategyChange),
    fork: values.fork === undefined ? null : parseFork(values.fork),
  };
}

function parseFork(text: string): ForkOf {
  const [, parent, label] = /^([^@]+)@([^@]+)$/.exec(text) ?? [];
  if (parent === undefined || label === undefined) throw new Error(`--fork is like SEATTLE@2013-01-01, not ${text}`);
  return { parent, label };
}

function wholeNumber(name: string, text: string, { from, to }: { readonly from: number; readonly to: number }): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  throw new Error(`${name} is a whole number from ${from} to ${to}, not ${text}`);
}
