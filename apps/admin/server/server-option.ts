import { InvalidArgumentError, Option } from 'commander';
import { parseReason } from '../commands/parsers.js';

/** `--key-file FILE`, beside `--server`. */
export const keyFileOption = (): Option =>
  new Option('--key-file <file>', 'the access key for a protected server (default: that of SEED_KEY)');

/** `--reason TEXT`, for every command that is recorded. */
export const reasonOption = (): Option =>
  new Option('--reason <text>', 'why; it is recorded, see seed audit').argParser(parseReason(500));

/** `--server URL`, for every command that may go through a running server. */
export const serverOption = (): Option =>
  new Option('--server <url>', 'the running server (default: the one at HOST and PORT, if one runs there)')
    .env('SEED_URL')
    .argParser(parseServer);

function parseServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('It has to be a URL like http://127.0.0.1:8000.');
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
