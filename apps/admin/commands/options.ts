import { Option, type Command } from 'commander';
import { serverOption } from '../server/server-option.js';
import { parseKey } from './parsers.js';

/** What every command takes that works at a desk. */
export interface DeskOptions {
  readonly server?: string;
  readonly json?: boolean;
}

/** What every command takes that changes something. */
export interface ChangeOptions extends DeskOptions {
  readonly key?: string;
}

/** `--server` and `--json`, and the help that stands behind the options. */
export const deskCommand = (command: Command, help: string): Command =>
  command
    .addOption(serverOption())
    .option('--json', 'print JSON, as the server’s route answers')
    .addHelpText('after', help);

/** The same with `--key`. */
export const changeCommand = (command: Command, help: string): Command =>
  deskCommand(
    command.addOption(
      new Option(
        '--key <key>',
        'idempotency key (default: made of the command line, so that it can be repeated)',
      ).argParser(parseKey),
    ),
    help,
  );
