import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  /** The folder of the built project that is attacked; undefined: this one. */
  readonly project: string | undefined;
  /** Names of attacks; null: all. */
  readonly only: readonly string[] | null;
  /** How long the writer is measured, without the attack and with it, ms. */
  readonly measureMs: number;
  /** Events of the long log. */
  readonly events: number;
  /** Where the JSON goes. */
  readonly out: string;
}

export const USAGE = `npm run attacks -- [--project FOLDER] [--only NAME,NAME] [--seconds N] [--events N] [--out FILE]

  --project  another built project, whose server is attacked; this one if absent
  --only     the attacks to make; all of them if absent
  --seconds  how long the writer is measured without the attack, and again with it; default 8, at most 120
  --events   the length of the long log; default 200000, at most 2000000
  --out      where the figures go as JSON; default data/attacks.json`;

/** Throws a `TypeError` on what cannot be understood. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      project: { type: 'string' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '8' },
      events: { type: 'string', default: '200000' },
      out: { type: 'string', default: 'data/attacks.json' },
    },
  });
  return {
    project: values.project === undefined ? undefined : resolve(values.project),
    only: values.only?.split(',') ?? null,
    measureMs: wholeNumber('--seconds', values.seconds, 120) * 1_000,
    events: wholeNumber('--events', values.events, 2_000_000),
    out: values.out,
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^[0-9]{1,9}$/.test(text) && value >= 1 && value <= most) return value;
  throw new TypeError(`${name} is "${text}", and has to be a whole number from 1 to ${most}`);
}
