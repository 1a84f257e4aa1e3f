import { micro, MICRO_PER_UNIT, type AgentId, type Command, type MarketId, type Micro } from '#domain';
import { keyDigest, requestDigest, type EventLog } from '#event-log';
import { migrate, openPostgresLog } from '#event-log-postgres';
import { openRuntime, systemClock, type Outcome, type RequestKey, type Runtime, type RuntimeOptions } from '#runtime';

export const units = (count: number): Micro => micro(BigInt(count) * MICRO_PER_UNIT);
export const agent = (id: string): AgentId => id as AgentId;
export const market = (id: string): MarketId => id as MarketId;

export const runtimeOptions = (log: EventLog, overrides: Partial<RuntimeOptions> = {}): RuntimeOptions => ({
  log,
  reducer: 'test',
  timelinesLoadedMax: 8,
  timelineIdleSeconds: 600,
  commandsQueuedMax: 20_000,
  eventsPerCommitMax: 500,
  commandDeadlineMs: 10_000,
  streamsMax: 100,
  followPollMs: 50,
  snapshotIntervalSeconds: 3_600,
  snapshotEveryEvents: 1_000_000,
  snapshotKeep: 5,
  documentsMax: 100,
  documentBytesMax: 1_000_000,
  ...overrides,
});

/** A runtime with a log of its own on a migrated database, as one process has it. */
export interface TestProcess {
  readonly runtime: Runtime;
  readonly log: EventLog;
  stop(): Promise<void>;
}

export async function openTestProcess(
  url: string,
  overrides: Partial<RuntimeOptions> = {},
  wrap: (log: EventLog) => EventLog = (log) => log,
): Promise<TestProcess> {
  await migrate(url);
  const log = wrap(await openPostgresLog({ url, poolMax: 6, applicationName: 'seed test', appendTimeoutMs: 5_000 }));
  const runtime = await openRuntime(runtimeOptions(log, overrides));
  return {
    runtime,
    log,
    stop: async () => {
      await runtime.drain();
      await log.close();
    },
  };
}

export const requestKey = (key: string, request = key): RequestKey => ({
  digest: (part) => keyDigest({ principal: 'test', key, part }),
  requestHash: requestDigest(request),
});

export function run(
  { runtime }: Pick<TestProcess, 'runtime'>,
  timeline: string,
  command: Command,
  more: { readonly key?: RequestKey; readonly expectedVersion?: number } = {},
): Promise<Outcome> {
  const { key = null, expectedVersion = null } = more;
  return runtime.execute(timeline, { command, actor: 'test', key, expectedVersion });
}

export async function createVirtual({ runtime }: Pick<TestProcess, 'runtime'>, name: string): Promise<void> {
  const command: Command = { type: 'CreateTimeline', clock: 'virtual', startAtMs: 0 };
  await runtime.createTimeline({ name, commands: [command], actor: 'test', key: null });
}

export const register = (id: string, deposit: number): Command => ({
  type: 'RegisterAgent',
  agentId: agent(id),
  deposit: units(deposit),
});

export const deposit = (id: string, amount: number): Command => ({
  type: 'DepositFunds',
  agentId: agent(id),
  amount: units(amount),
});

export const available = ({ runtime }: Pick<TestProcess, 'runtime'>, timeline: string, id: string): Promise<bigint> =>
  runtime.read(timeline, {}, ({ state }) => state.agents.get(id)?.available ?? -1n);

/** Version and state hash at a confirmed head. */
export const fingerprint = (
  { runtime }: Pick<TestProcess, 'runtime'>,
  timeline: string,
): Promise<{ readonly version: number; readonly hash: string }> =>
  runtime.readPinned(timeline, {}, async ({ state, version }) => ({ version, hash: await runtime.stateHash(state) }));

/** The log with some of its methods replaced; the rest is the real one. */
export const bend = (log: EventLog, methods: Partial<EventLog>): EventLog =>
  new Proxy(log, {
    get: (target, name: keyof EventLog): unknown => {
      const member: unknown = Reflect.get(name in methods ? methods : target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });

/** A process that believes, with its database, that it is `shift.ms` later; it ticks once an hour unless told otherwise. */
export const openShifted = (
  url: string,
  shift: { readonly ms: number },
  overrides: Partial<RuntimeOptions> = {},
): Promise<TestProcess> => {
  const processClock = { dateMs: () => systemClock(0).dateMs() + shift.ms, monotonicMs: () => performance.now() };
  return openTestProcess(url, { processClock, tickMs: 3_600_000, ...overrides }, (log) => shiftedBy(log, shift));
};

/** The log with its database's clock later by `shift.ms`. */
const shiftedBy = (log: EventLog, shift: { readonly ms: number }): EventLog =>
  bend(log, {
    databaseTimeMs: async () => (await log.databaseTimeMs()) + shift.ms,
    append: async (request) => {
      const outcome = await log.append(request);
      if (outcome.status !== 'appended') return outcome;
      return { ...outcome, databaseTimeMs: outcome.databaseTimeMs + shift.ms };
    },
    confirm: async (...asked) => {
      const confirmation = await log.confirm(...asked);
      return { ...confirmation, databaseTimeMs: confirmation.databaseTimeMs + shift.ms };
    },
    lockHead: async (id) => {
      const lock = await log.lockHead(id);
      return {
        head: lock.head,
        databaseTimeMs: lock.databaseTimeMs + shift.ms,
        append: (request) => lock.append(request),
        release: () => lock.release(),
      };
    },
  });
