import type { AgentId, Command, DocumentName, MarketId, WorldEventId } from '#domain';
import { amountOf, parseTime, ppmOf } from '#presentation';

/** The commands that the harness gives. */
type WireCommandType = Exclude<
  Command['type'],
  | 'ArchiveTimeline'
  | 'CompleteTimeline'
  | 'CreateTimeline'
  | 'ImportLegacy'
  | 'PayScheduledYield'
  | 'RecordWorldState'
  | 'RemoveDocument'
>;

/** A command as a batch takes it, and as a client of the harness remembers it. */
export interface WireCommand {
  readonly type: WireCommandType;
  readonly data: Readonly<Record<string, string | number>>;
}

/** How a command goes over the wire alone: its own route, its path parameters taken out of the body. */
export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below `/v1/timelines/{t}`. */
  readonly path: string;
  readonly body: string | null;
}

const text = (command: WireCommand, field: string): string => String(command.data[field]);

/** Which route takes a command alone, and which of its fields stand in the path. */
const ROUTES: Readonly<
  Record<WireCommandType, (command: WireCommand) => readonly [path: string, ...inPath: string[]]>
> = {
  RegisterAgent: () => ['agents'],
  DepositFunds: (command) => [`agents/${text(command, 'agentId')}/deposits`, 'agentId'],
  WithdrawFunds: (command) => [`agents/${text(command, 'agentId')}/withdrawals`, 'agentId'],
  TransferFunds: () => ['transfers'],
  AddStake: (command) => [`agents/${text(command, 'agentId')}/stakes`, 'agentId'],
  WithdrawStake: (command) => [`agents/${text(command, 'agentId')}/unstakes`, 'agentId'],
  CreateMarket: () => ['markets'],
  PlaceBet: (command) => [`markets/${text(command, 'marketId')}/bets`, 'marketId'],
  SellShares: (command) => [`markets/${text(command, 'marketId')}/sales`, 'marketId'],
  CloseMarket: (command) => [`markets/${text(command, 'marketId')}/close`, 'marketId'],
  ResolveMarket: (command) => [`markets/${text(command, 'marketId')}/resolve`, 'marketId'],
  VoidMarket: (command) => [`markets/${text(command, 'marketId')}/void`, 'marketId'],
  AdvanceClock: () => ['clock/advance'],
  DistributeYield: () => ['yield/distributions'],
  ChangeApy: () => ['yield'],
  IngestWorldEvent: () => ['world-events'],
  SaveDocument: (command) => [`documents/${text(command, 'name')}`, 'name'],
};

/** The request that gives a command alone. */
export function requestOf(command: WireCommand): WireRequest {
  const [path, ...inPath] = ROUTES[command.type](command);
  const method = command.type === 'ChangeApy' || command.type === 'SaveDocument' ? 'PUT' : 'POST';
  if (command.type === 'SaveDocument') return { method, path, body: text(command, 'text') };
  const fields = Object.entries(command.data).filter(([name]) => !inPath.includes(name));
  return { method, path, body: fields.length === 0 ? null : JSON.stringify(Object.fromEntries(fields)) };
}

/** What a command means to the economy: read here anew, not by the server's own code. */
export function commandOf({ type, data }: WireCommand): Command {
  const word = (field: string): string => String(data[field]);
  const amount = (field: string) => amountOf(word(field));
  const agentId = word('agentId') as AgentId;
  const marketId = word('marketId') as MarketId;
  switch (type) {
    case 'RegisterAgent':
      return { type, agentId, deposit: amount('deposit') };
    case 'DepositFunds':
    case 'WithdrawFunds':
    case 'AddStake':
    case 'WithdrawStake':
      return { type, agentId, amount: amount('amount') };
    case 'TransferFunds':
      return { type, from: word('from') as AgentId, to: word('to') as AgentId, amount: amount('amount') };
    case 'CreateMarket':
      return { type, marketId, title: word('title'), expiresAtMs: timeOf(word('expiresAt')) };
    case 'PlaceBet':
      return { type, marketId, agentId, outcome: word('outcome'), amount: amount('amount') };
    case 'SellShares':
      return { type, marketId, agentId, outcome: word('outcome'), shares: amount('shares') };
    case 'CloseMarket':
      return { type, marketId };
    case 'ResolveMarket':
      return { type, marketId, outcome: word('outcome') };
    case 'VoidMarket':
      return { type, marketId, reason: word('reason') };
    case 'AdvanceClock':
      return { type, byMs: Number(data['byMs']) };
    case 'DistributeYield':
      return { type };
    case 'ChangeApy':
      return { type, apyPpm: ppmOf(word('apy')) };
    case 'IngestWorldEvent':
      return {
        type,
        eventId: word('eventId') as WorldEventId,
        title: word('title'),
        description: '',
        source: '',
        url: '',
        publishedAtMs: null,
        inputs: {
          sentiment: 0,
          socialVolume: Number(data['socialVolume']) * 1_000_000,
          newsVelocity: 1_000_000,
          assetVolatility: 0,
        },
      };
    case 'SaveDocument':
      return { type, name: word('name') as DocumentName, text: word('text') };
  }
}

function timeOf(word: string): number {
  const ms = parseTime(word);
  if (ms === undefined) throw new Error(`${word} is no time`);
  return ms;
}
