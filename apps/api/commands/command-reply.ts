import type { Command } from '#domain';
import { presentEvent, presentFact, type CommandReply, type OutcomeName } from '#presentation';
import { COMMANDS } from './commands.js';
import type { ClientCommandType, CommandKind } from './command-kind.js';
import type { Executed } from './submit-command.js';

/** A command that names its outcome has it in its own events; the same key brings the same name back. */
const outcomeOf =
  (command: Command): OutcomeName =>
  () =>
    'outcome' in command ? command.outcome : undefined;

/** Made from the command and its own events alone, so that a repeated execution has the same reply. */
export function replyFrom(kind: CommandKind, command: Command, { version, events }: Executed): CommandReply {
  const presented = events.map((event) => presentEvent(event, outcomeOf(command)));
  return { version, result: kind.receipt(presented, command), events: presented };
}

/** The result alone: a batch's reply goes without the events. */
export function commandResult(type: ClientCommandType, command: Command, { events }: Executed): object {
  const name = outcomeOf(command);
  return COMMANDS[type].receipt(
    events.map((event) => presentFact(event, name)),
    command,
  );
}
