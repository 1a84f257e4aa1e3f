import { agentCommands } from '../agents/commands.js';
import { documentCommands } from '../documents/commands.js';
import { marketCommands } from '../markets/commands.js';
import { timelineCommands } from '../timelines/commands.js';
import { worldCommands } from '../world/commands.js';
import { yieldCommands } from '../yield/commands.js';
import type { ClientCommandType, CommandKind } from './command-kind.js';

/** Every command that a client can give, by the name it has in a batch. */
export const COMMANDS: Readonly<Record<ClientCommandType, CommandKind>> = {
  ...agentCommands,
  ...documentCommands,
  ...marketCommands,
  ...timelineCommands,
  ...worldCommands,
  ...yieldCommands,
};

export const isClientCommand = (type: string): type is ClientCommandType => Object.hasOwn(COMMANDS, type);
