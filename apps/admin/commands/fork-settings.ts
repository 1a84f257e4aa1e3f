import { InvalidArgumentError } from 'commander';
import { FEE_MAX_BPS, MICRO_PER_UNIT, parseDecimal } from '#domain';
import type { ForkSettings } from '../desk/desk.js';
import { parseWhole } from './parsers.js';

const liquidityMax = 1_000_000_000n;

const readers: { readonly [Name in keyof ForkSettings]-?: (text: string) => NonNullable<ForkSettings[Name]> } = {
  reactAt: parseScore,
  autoMarketAt: parseScore,
  tickSeconds: parseWhole(1, 86_400),
  liquidity: parseLiquidity,
  feeBps: parseWhole(0, FEE_MAX_BPS),
};

/** What can be set, for `--help`. */
export const SETTING_NAMES = Object.keys(readers).join(', ');

/** `feeBps=100`, added to the settings given before. @throws InvalidArgumentError */
export function parseSetting(text: string, before: ForkSettings = {}): ForkSettings {
  const [name = '', value = ''] = text.split(/=(.*)/s);
  if (!isName(name)) throw new InvalidArgumentError(`It has to be NAME=VALUE, the name one of ${SETTING_NAMES}.`);
  return { ...before, [name]: readers[name](value) };
}

const isName = (name: string): name is keyof ForkSettings => Object.hasOwn(readers, name);

function parseScore(text: string): string {
  if (/^(?:100(?:\.0)?|[1-9]?[0-9](?:\.[0-9])?)$/.test(text)) return text;
  throw new InvalidArgumentError('A score is a number from 0 to 100 with at most one digit after the point.');
}

function parseLiquidity(text: string): string {
  const micro = parseDecimal(text);
  if (micro !== undefined && micro >= MICRO_PER_UNIT && micro <= liquidityMax * MICRO_PER_UNIT) return text;
  throw new InvalidArgumentError('A liquidity is a number from 1 to 10^9 with at most 6 digits after the point.');
}
