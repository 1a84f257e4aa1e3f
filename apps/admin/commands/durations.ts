import { InvalidArgumentError } from 'commander';

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `1h` or `7d` in ms. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It has to look like 30m, 1h or 7d.');
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}
