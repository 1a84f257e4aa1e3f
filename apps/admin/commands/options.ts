import { Option, type Command } from 'commander';
import { keyFileOption, reasonOption, serverOption } from '../server/server-option.js';
import { parseKey } from './parsers.js';

/** What every command takes that works at a desk. */
export interface DeskOptions {
  readonly server?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
}

/** What every command takes that changes something. */
export interface ChangeOptions extends DeskOptions {
  readonly key?: string;
}

/** What every command takes that is recorded. */
export interface RecordedOptions extends DeskOptions {
  readonly reason?: string;
}

/** `--server`, `--key-file` and `--json`, and the help that stands behind the options. */
export const deskCommand = (command: Command, help: string): Command =>
  command
    .addOption(serverOption())
    .addOption(keyFileOption())
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

/** `deskCommand` with `--reason`. */
export const recordedCommand = (command: Command, help: string): Command =>
  deskCommand(command.addOption(reasonOption()), help);

/** `changeCommand` with `--reason`. */
export const recordedChange = (command: Command, help: string): Command =>
  changeCommand(command.addOption(reasonOption()), help);
