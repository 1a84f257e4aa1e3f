import { DEFAULT_OUTCOMES } from '../markets/defaults.js';
import { DOMAINS, DURATIONS, type Stats } from '../orchestrator/state.js';
import {
  AMOUNT_MAX,
  APY_MAX_PPM,
  parseAgentId,
  parseDocumentName,
  parseMarketId,
  parseWorldEventId,
  PPM,
  TIME_MAX_MS,
  type AgentId,
  type DocumentName,
} from '../units.js';
import { VIRALITY_MAX_TENTHS } from '../orchestrator/virality.js';
import { EVENT_LOG_LINES_MAX } from '../world/state.js';
import type { ImportLegacy, LegacyEconomy, LegacyMarket, LegacyWorld } from './commands.js';
import { fileOfKind, parseFile, type LegacyFile, type LegacyKind } from './files.js';
import { isObject, LegacyRecord, type JsonObject, type Note, type Scale } from './record.js';

/** What keeps a file from being imported. */
export interface LegacyProblem {
  /** Name of the file; empty where no file is to blame. */
  readonly file: string;
  /** Where in it, and what is wrong. */
  readonly detail: string;
}

/** How the old files are to be read. */
export interface LegacyReading {
  /** Minutes east of Greenwich of the times that name no offset; 0 is UTC. */
  readonly utcOffsetMinutes: number;
}

/** Statuses of old markets. A settled one has paid nobody, so it comes in closed, to be settled here. */
const OLD_STATUSES = ['open', 'closed', 'resolved'] as const;

/** What the numbers of the old files are here: seconds become ms, floats millionths or tenths. */
const APY: Scale = { digits: 6, least: 0n, most: BigInt(APY_MAX_PPM) };
const EPOCH_SECONDS: Scale = { digits: 3, least: 0n, most: BigInt(TIME_MAX_MS), rounding: 'up' };
const VIRALITY: Scale = { digits: 1, least: 0n, most: BigInt(VIRALITY_MAX_TENTHS) };
const TENSION: Scale = { digits: 6, least: 0n, most: BigInt(PPM) };
const COUNT: Scale = { digits: 0, least: 0n, most: BigInt(Number.MAX_SAFE_INTEGER) };
const MONEY: Scale = { digits: 6, least: 0n, most: AMOUNT_MAX };
/** A pool may be overdrawn. */
const POOL: Scale = { digits: 6, least: -BigInt(AMOUNT_MAX), most: AMOUNT_MAX };

/**
 * The import that a directory of the replaced system comes to: pass every `.json` file that lies directly in it. Floats are
 * rounded half-even to micro-units; names and units of the result are this system's. A file that belongs to none of the
 * known kinds is kept as a document only. Any problem means that there is no command.
 */
export function readLegacyFiles(
  files: readonly LegacyFile[],
  { utcOffsetMinutes }: LegacyReading,
): { readonly command: ImportLegacy } | { readonly problems: readonly LegacyProblem[] } {
  const problems: LegacyProblem[] = [];
  const noteOf =
    (file: string): Note =>
    (detail) =>
      problems.push({ file, detail });
  const parsed = files.map((file) => parseFile(file, noteOf(file.name))).filter((file) => file !== undefined);
  const readKind = <T>(kind: LegacyKind, read: (data: unknown, note: Note) => T): T | null => {
    const file = fileOfKind(parsed, kind, (name, detail) => noteOf(name)(detail));
    return file === undefined ? null : read(file.data, noteOf(file.name));
  };
  const command: ImportLegacy = {
    type: 'ImportLegacy',
    economy: readKind('economy', readEconomy),
    markets: readKind('markets', (data, note) => readMarkets(data, { note, utcOffsetMinutes })) ?? [],
    stats: readKind('stats', readStats),
    world: readKind('world', readWorld),
    documents: files.map(({ name, text }) => ({ name: documentName(name, noteOf(name)), text })),
  };
  if (files.length === 0) noteOf('')('there is no file to import');
  return problems.length > 0 ? { problems } : { command };
}

function documentName(file: string, note: Note): DocumentName {
  const name = parseDocumentName(`legacy.${file}`);
  if (name === undefined) note('its name is no document name: letters, digits, _ - . : only, 121 at most');
  return name ?? ('' as DocumentName);
}

function readEconomy(data: unknown, note: Note): LegacyEconomy {
  const economy = new LegacyRecord(recordOf(data, note), { path: '', note });
  const stakes = economy.object('stakes');
  const amounts = new LegacyRecord(stakes, { path: 'stakes.', note });
  return {
    apyPpm: economy.whole('apy', APY),
    lastPayoutMs: economy.whole('last_payout', EPOCH_SECONDS),
    totalDistributed: economy.micro('total_distributed', MONEY, 0),
    stakes: Object.keys(stakes).map((id) => {
      const agentId = parseAgentId(id);
      if (agentId === undefined) amounts.wrong(id, 'is no agent id');
      return { agentId: agentId ?? ('' as AgentId), amount: amounts.micro(id, MONEY) };
    }),
  };
}

interface MarketReading extends LegacyReading {
  readonly note: Note;
}

function readMarkets(data: unknown, reading: MarketReading): readonly LegacyMarket[] {
  const { note } = reading;
  return Object.entries(recordOf(data, note)).flatMap(([id, row]) => {
    if (isObject(row)) return [readMarket(new LegacyRecord(row, { path: `${id}.`, note }), id, reading)];
    note(`${id}: is no object`);
    return [];
  });
}

function readMarket(row: LegacyRecord, id: string, { utcOffsetMinutes }: MarketReading): LegacyMarket {
  const marketId = row.parsed('id', parseMarketId, 'market id');
  if (row.has('id') && marketId !== id) row.wrong('id', `"${marketId}" stands under the key "${id}"`);
  const outcomes = row.texts('outcomes', DEFAULT_OUTCOMES);
  if (outcomes.length !== 2 || outcomes[0] === outcomes[1]) {
    row.wrong('outcomes', 'are not two different ones, and the file has shares of YES and NO only');
  }
  const status = row.oneOf('status', OLD_STATUSES);
  return {
    marketId,
    eventId: row.has('event_id') ? row.parsed('event_id', parseWorldEventId, 'event id') : null,
    title: row.text('title'),
    description: row.text('description', ''),
    domain: row.oneOf('domain', DOMAINS, 'unknown'),
    duration: row.oneOf('duration', DURATIONS, 'narrative'),
    outcomes,
    createdAtMs: row.dateMs('created_at', utcOffsetMinutes),
    expiresAtMs: row.dateMs('expires_at', utcOffsetMinutes),
    viralityTenths: row.has('virality_score') ? row.whole('virality_score', VIRALITY) : null,
    volume: row.micro('total_volume', MONEY, 0),
    pools: [row.micro('yes_shares', POOL), row.micro('no_shares', POOL)],
    status: status === 'open' ? 'open' : 'closed',
  };
}

function readStats(data: unknown, note: Note): Stats {
  const stats = new LegacyRecord(recordOf(data, note), { path: '', note });
  return {
    eventsProcessed: stats.whole('events_processed', COUNT),
    marketsCreated: stats.whole('markets_created', COUNT),
    marketsAutoCreated: stats.whole('markets_auto_created', COUNT),
  };
}

function readWorld(data: unknown, note: Note): LegacyWorld {
  const world = new LegacyRecord(recordOf(data, note), { path: '', note });
  return {
    globalTensionPpm: world.whole('global_tension', TENSION),
    recentReasoning: world.text('recent_reasoning', ''),
    eventLog: world.texts('event_log', []).slice(-EVENT_LOG_LINES_MAX),
  };
}

function recordOf(data: unknown, note: Note): JsonObject {
  if (isObject(data)) return data;
  note('holds no object');
  return {};
}
