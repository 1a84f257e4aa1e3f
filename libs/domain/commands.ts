import type { AgentCommand } from './agents/commands.js';
import type { DocumentCommand } from './documents/commands.js';
import type { ImportLegacy } from './legacy/commands.js';
import type { MarketCommand } from './markets/commands.js';
import type { IngestWorldEvent } from './orchestrator/commands.js';
import type { TimelineCommand } from './timeline/commands.js';
import type { RecordWorldState } from './world/commands.js';
import type { YieldCommand } from './yield/commands.js';

/** Everything a timeline can be told to do. */
export type Command =
  | AgentCommand
  | DocumentCommand
  | ImportLegacy
  | IngestWorldEvent
  | MarketCommand
  | RecordWorldState
  | TimelineCommand
  | YieldCommand;

/** Names of all commands. */
export type CommandType = Command['type'];
