import type { AccessRole } from '#event-log';
import type { ClientCommandType } from '../commands/command-kind.js';

/** What a route takes of whoever asks it. */
export interface AccessRow {
  /** Everybody, key or no key, or the least role. */
  readonly least: 'everyone' | AccessRole;
  /**
   * What the right has to reach. `path`: the timeline of the path, which has to be in the principal's scope. `all`: all
   * timelines, because the reply speaks of them or the effect reaches them. `none`: nothing by itself; lists of timelines
   * leave out what is not in the scope.
   */
  readonly reach: 'path' | 'all' | 'none';
  /** Another timeline that the request names, by a parameter of the path or a field of the body; it is to be in scope too. */
  readonly alsoNamed?: { readonly param: string } | { readonly field: string };
  /** The field of the command that names the agent who acts: for the role `agent` it has to be its own. */
  readonly actsFor?: 'agentId' | 'from';
  /** An admin action: recorded with who, when and why before it is done. */
  readonly isAudited?: true;
}

const everyone: AccessRow = { least: 'everyone', reach: 'none' };
const read: AccessRow = { least: 'reader', reach: 'path' };
const own: AccessRow = { least: 'agent', reach: 'path', actsFor: 'agentId' };
const operate: AccessRow = { least: 'operator', reach: 'path' };
const administer: AccessRow = { least: 'admin', reach: 'all' };

/** What every command takes, alone and as the entry of a batch. */
const commands = {
  AddStake: own,
  AdvanceClock: operate,
  ChangeApy: operate,
  CloseMarket: operate,
  CreateMarket: operate,
  // Money comes from nowhere here and goes nowhere there: neither is an agent's to decide.
  DepositFunds: operate,
  DistributeYield: operate,
  IngestWorldEvent: operate,
  PlaceBet: own,
  RecordWorldState: operate,
  RegisterAgent: operate,
  RemoveDocument: operate,
  ResolveMarket: operate,
  SaveDocument: operate,
  SellShares: own,
  TransferFunds: { ...own, actsFor: 'from' },
  VoidMarket: operate,
  WithdrawFunds: operate,
  WithdrawStake: own,
} as const satisfies Record<ClientCommandType, AccessRow>;

/** Who may do what: every route by its operationId. One that is not here is not served. */
export const WHO_MAY = {
  ...commands,

  GetHealth: everyone,
  GetProblem: everyone,
  GetReadiness: everyone,
  ListProblems: everyone,
  ShowReference: everyone,
  /** What a browser asks before it sends a request of another origin; it brings no key. */
  AskCors: everyone,

  ListTimelines: { least: 'reader', reach: 'none' },
  GetMetrics: { least: 'reader', reach: 'all' },
  CompareTimelines: { ...read, alsoNamed: { param: 'other' } },
  GetAgent: read,
  GetBalanceSeries: read,
  GetDocument: read,
  GetLineage: read,
  GetMarket: read,
  GetPastAgent: read,
  GetPastMarket: read,
  GetPriceSeries: read,
  // A POST that changes nothing, and tells nothing that the market's pools do not.
  GetQuote: read,
  GetState: read,
  GetStep: read,
  GetTimeline: read,
  GetWorld: read,
  GetYield: read,
  ListAgents: read,
  ListDocuments: read,
  ListEvents: read,
  ListLabels: read,
  ListMarkets: read,
  ListPayouts: read,
  ListSnapshots: read,
  ListWorldEvents: read,
  StreamEvents: read,

  // Entry by entry: each has the row of its command.
  SubmitBatch: { least: 'agent', reach: 'path' },

  PutLabel: operate,
  TakeSnapshot: operate,
  ArchiveTimeline: { ...operate, isAudited: true },
  CompleteTimeline: { ...operate, isAudited: true },
  CreateTimeline: { least: 'operator', reach: 'none', alsoNamed: { field: 'name' }, isAudited: true },
  ForkTimeline: { ...operate, alsoNamed: { field: 'name' }, isAudited: true },

  CancelReplay: { ...administer, isAudited: true },
  CreateKey: { ...administer, isAudited: true },
  // Not recorded: a backup has to be had also where nothing can be written any more.
  ExportArchive: administer,
  FindStrayRows: administer,
  GetReplay: administer,
  GetStatus: administer,
  ImportArchive: { ...administer, isAudited: true },
  ImportLegacy: { ...administer, isAudited: true },
  ListAudit: administer,
  ListKeys: administer,
  ListReplays: administer,
  RemoveTimeline: { ...administer, isAudited: true },
  RevokeKey: { ...administer, isAudited: true },
  RotateKey: { ...administer, isAudited: true },
  StartReplay: { ...administer, isAudited: true },
  StreamReplay: administer,
  VerifyTimeline: administer,
} as const satisfies Record<string, AccessRow>;

/** The routes that there may be. */
export type OperationId = keyof typeof WHO_MAY;

/** The row of a route; undefined where there is none. */
export function rowOf(operationId: unknown): AccessRow | undefined {
  return typeof operationId === 'string' && Object.hasOwn(WHO_MAY, operationId)
    ? WHO_MAY[operationId as OperationId]
    : undefined;
}
