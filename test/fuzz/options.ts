import { parseArgs } from 'node:util';
import { ACCESS, type AccessMode } from './scene.js';

export const USAGE = `npm run fuzz -- [options]
  --seed N        what is drawn: the same seed draws the same requests (default: of the time; printed)
  --requests N    requests of each group (default 20000)
  --group LIST    groups, the tags of the OpenAPI document in lower case, separated by commas (default: all)
  --access LIST   who asks: ${ACCESS.join(', ')} (default: open,none,reader); all but open ask a protected server
  --from N        the index of the first request (default 0)
  --help          this`;

/** What a run is asked for. */
export interface Options {
  readonly seed: number;
  readonly requests: number;
  /** Null: all. */
  readonly groups: readonly string[] | null;
  readonly access: readonly AccessMode[];
  readonly from: number;
}

/** Null where the command line cannot be understood; why is printed. */
export function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        requests: { type: 'string', default: '20000' },
        group: { type: 'string' },
        access: { type: 'string', default: 'open,none,reader' },
        from: { type: 'string', default: '0' },
      },
    });
    return {
      seed: wholeNumber('seed', values.seed ?? String(1 + (Date.now() % 1_000_000)), 0),
      requests: wholeNumber('requests', values.requests, 1),
      groups: values.group === undefined ? null : values.group.split(','),
      access: values.access.split(',').map(accessOf),
      from: wholeNumber('from', values.from, 0),
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return null;
  }
}

function wholeNumber(name: string, text: string, from: number): number {
  const value = Number(text);
  if (/^[0-9]{1,15}$/.test(text) && value >= from) return value;
  throw new TypeError(`--${name} takes a whole number from ${from} on, and "${text}" is none`);
}

function accessOf(text: string): AccessMode {
  const mode = ACCESS.find((known) => known === text);
  if (mode === undefined) throw new TypeError(`--access takes ${ACCESS.join(', ')}, and "${text}" is none of them`);
  return mode;
}
