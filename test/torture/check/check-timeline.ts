import { readFile } from 'node:fs/promises';
import type { RecordedEvent } from '#event-log';
import { readLines, sizeOf, type Operation } from '../history.js';
import { filesOf, Findings, type BurntKey, type LoggedCommand, type TimelineFacts, type Verdict } from './evidence.js';
import { intentsOf, isAccepted, type Intent } from './intents.js';
import { codeOf, told } from './looks.js';
import { Sweep } from './sweep.js';
import { Windows, type Answered, type Started } from './window.js';

/** A stored event, and the chain hash where it is a commit's last. */
export interface StoredEvent extends RecordedEvent {
  readonly sealedBy?: string;
}

/** Everything that is known of one timeline, read from its files. */
interface Evidence {
  readonly facts: TimelineFacts;
  readonly operations: readonly Operation[];
  readonly events: readonly StoredEvent[];
  readonly keys: ReadonlyMap<string, BurntKey>;
}

/** Judges one timeline by its files alone. */
export async function checkTimeline(folder: string, timeline: string): Promise<Verdict> {
  return judge(await readEvidence(folder, timeline));
}

async function readEvidence(folder: string, timeline: string): Promise<Evidence> {
  const files = filesOf(folder, timeline);
  const keys = new Map<string, BurntKey>();
  for await (const key of readLines<BurntKey>(files.keys)) keys.set(key.digest, key);
  return {
    facts: JSON.parse(await readFile(files.facts, 'utf8')) as TimelineFacts,
    operations: await all(readLines<Operation>(files.operations)),
    events: await all(readLines<StoredEvent>(files.events)),
    keys,
  };
}

async function all<Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

function judge({ facts, operations, events, keys }: Evidence): Verdict {
  const findings = new Findings();
  if (facts.violation !== null) findings.add('chain', facts.violation);
  const commands = commandsOf(events, findings);
  const intents = intentsOf(operations, keys);
  const owners = claim(intents, commands, findings);
  const windows = new Windows(answersIn(operations), startsOf(owners));
  const sweep = new Sweep({ facts, commands, owners, windows, findings, intents });
  for (const operation of operations) judgeAlone(operation, sweep, findings);
  sweep.run();
  const unknown = intents.filter(isUnknown);
  const tookEffect = unknown.filter((intent) => sweep.tookEffect(intent)).length;
  const answered = operations.filter(({ outcome }) => outcome === 'answered');
  const reads = answered.filter(({ asked }) => asked.kind === 'read');
  return {
    timeline: facts.timeline,
    operations: operations.reduce((sum, operation) => sum + sizeOf(operation), 0),
    requests: operations.length,
    events: events.length,
    accepted: answered.filter((operation) => isAccepted(operation) && operation.asked.kind !== 'read').length,
    refused: answered.filter((operation) => !isAccepted(operation) && operation.asked.kind !== 'read').length,
    reads: reads.length,
    staleReads: reads.filter(({ reply }) => reply?.staleMs != null).length,
    failed: operations.filter(({ outcome }) => outcome === 'failed').length,
    unknown: { tookEffect, hadNone: unknown.length - tookEffect },
    violations: findings.list(),
  };
}

/** Nobody was told what became of it. */
const isUnknown = ({ operations }: Intent): boolean =>
  operations.some(({ outcome }) => outcome === 'unknown') && !operations.some(isAccepted);

/** The log's events by command; versions are dense, and a command stands together. */
function commandsOf(events: readonly StoredEvent[], findings: Findings): readonly LoggedCommand[] {
  const commands: LoggedCommand[] = [];
  const seen = new Set<string>();
  let current: StoredEvent[] = [];
  const end = (): void => {
    const [first] = current;
    const last = current.at(-1);
    if (first === undefined || last === undefined) return;
    if (seen.has(first.commandId)) findings.add('doubled', `command ${first.commandId} stands in the log twice`);
    seen.add(first.commandId);
    commands.push({
      commandId: first.commandId,
      actor: first.actor,
      firstVersion: first.version,
      lastVersion: last.version,
      events: current,
    });
    current = [];
  };
  for (const [index, event] of events.entries()) {
    if (event.version !== index + 1) findings.add('density', `version ${event.version} stands at place ${index + 1}`);
    if (current.length > 0 && current[0]?.commandId !== event.commandId) end();
    current.push(event);
  }
  end();
  return commands;
}

/** Whose each command of the log is, by its first version: known from answers, and from keys for want of an answer. */
function claim(
  intents: readonly Intent[],
  commands: readonly LoggedCommand[],
  findings: Findings,
): ReadonlyMap<number, Intent> {
  const owners = new Map<number, Intent>();
  const byFirst = new Map(commands.map((command) => [command.firstVersion, command]));
  const own = (firstVersion: number, intent: Intent): void => {
    const owner = owners.get(firstVersion);
    if (owner !== undefined && owner !== intent) {
      findings.add('lost', `version ${firstVersion} was acknowledged to two: ${words(owner)} and ${words(intent)}`);
    }
    owners.set(firstVersion, intent);
  };
  for (const intent of intents) {
    for (const { firstVersion, lastVersion } of intent.burnt ?? []) {
      for (const version of startsWithin(byFirst, firstVersion, lastVersion)) own(version, intent);
    }
    for (const operation of intent.operations.filter(isAccepted)) {
      if (operation.asked.kind !== 'command') continue;
      const first = firstOf(operation);
      if (first === null) continue;
      if (!byFirst.has(first)) findings.add('lost', `acknowledged, and not in the log: ${told(operation)}`);
      else own(first, intent);
    }
    const isLost = intent.burnt?.length === 0 && intent.operations.some(isAccepted);
    if (isLost) findings.add('lost', `acknowledged under a key that the log does not have: ${words(intent)}`);
    const failedFor = intent.operations.every(({ outcome }) => outcome === 'failed');
    if (failedFor && (intent.burnt?.length ?? 0) > 0) {
      findings.add('effect', `answered as without effect, and in the log: ${words(intent)}`);
    }
  }
  return owners;
}

function startsWithin(
  byFirst: ReadonlyMap<number, LoggedCommand>,
  firstVersion: number,
  lastVersion: number,
): readonly number[] {
  const starts: number[] = [];
  for (let version = firstVersion; version <= lastVersion;) {
    const command = byFirst.get(version);
    if (command === undefined) break;
    starts.push(version);
    version = command.lastVersion + 1;
  }
  return starts;
}

/** The version of an accepted command's first event; null where there was nothing to do. */
function firstOf({ reply }: Operation): number | null {
  const { events } = JSON.parse(reply?.body ?? '{}') as { readonly events?: readonly { readonly version: number }[] };
  return events?.[0]?.version ?? null;
}

function answersIn(operations: readonly Operation[]): readonly Answered[] {
  return operations.flatMap(({ outcome, reply, completedMs }) =>
    outcome === 'answered' && reply !== null && reply.version !== null && reply.status < 300
      ? [{ completedMs, version: reply.version }]
      : [],
  );
}

const startsOf = (owners: ReadonlyMap<number, Intent>): readonly Started[] =>
  [...owners].map(([firstVersion, { invokedMs }]) => ({ invokedMs, firstVersion }));

/** What an answer says by itself, and what the model has to be asked about it. */
function judgeAlone(operation: Operation, sweep: Sweep, findings: Findings): void {
  const { asked, outcome, reply } = operation;
  // Nothing that is let loose on these timelines may stop one.
  if (reply?.body.includes('"code":"timeline-stopped"') === true) findings.add('fault', told(operation));
  if (outcome !== 'answered' || reply === null) return;
  if (reply.status >= 500) {
    findings.add('fault', told(operation));
    return;
  }
  if (asked.kind === 'reuse') {
    // The other body may happen to be the same; then it is the same reply, which its owner's check covers.
    if (reply.status >= 300 && codeOf(reply.body) !== 'key-reused') findings.add('answer', told(operation));
    return;
  }
  sweep.expect(operation, reply);
}

const words = ({ operations }: Intent): string => operations.slice(0, 3).map(told).join(' | ');
