import { InvalidArgumentError, Option } from 'commander';
import { ID_PATTERN } from '#domain';

/** `--timeline NAME`. */
export const timelineOption = (description: string): Option =>
  new Option('--timeline <name>', description).argParser(parseTimelineName);

/** @throws InvalidArgumentError */
export function parseTimelineName(text: string): string {
  if (ID_PATTERN.test(text)) return text;
  throw new InvalidArgumentError('A name has 1 to 128 of A-Z a-z 0-9 _ - . :, the first a letter or digit.');
}
