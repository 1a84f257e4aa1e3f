import { isDeepStrictEqual } from 'node:util';
import { checkEconomy, evolve, readStoredEvent, State, type Decided } from '#domain';
import { presentEvent } from '#presentation';
import type { Operation, Reply } from '../history.js';
import type { WireCommand } from '../wire.js';
import type { StoredEvent } from './check-timeline.js';
import type { Findings, LoggedCommand, TimelineFacts } from './evidence.js';
import { isAccepted, type Intent } from './intents.js';
import {
  answerTo,
  codeOf,
  decideOn,
  missesPrecondition,
  refusesAlike,
  refusesBatch,
  stateHashOf,
  told,
  type Model,
} from './looks.js';
import type { Window, Windows } from './window.js';

/** An answer that the model has to give too: somewhere in its window, or at just one version. */
interface Look {
  readonly operation: Operation;
  readonly window: Window;
  /** The version that the answer names; null where it names none. */
  readonly version: number | null;
  /** Reads see whole commits; a command with nothing to do stands anywhere among the commands of one. */
  readonly seesCommits: boolean;
  readonly agrees: (model: Model) => boolean;
}

/** The economy is audited whole after so many events, and at the end. */
const EVENTS_PER_AUDIT = 2_000;

/**
 * Folds the log once, command by command, and compares: each command with what its client asked for and was answered,
 * each refusal and each read with what the model would have answered at a version within its time.
 */
export class Sweep {
  readonly #facts: TimelineFacts;
  readonly #commands: readonly LoggedCommand[];
  readonly #owners: ReadonlyMap<number, Intent>;
  readonly #windows: Windows;
  readonly #findings: Findings;
  readonly #state = new State();
  readonly #exact = new Map<number, Look[]>();
  readonly #somewhere: Look[] = [];
  readonly #active = new Set<Look>();
  /** Where a batch's next entry is looked for. */
  readonly #cursors = new Map<Intent, number>();
  readonly #ends = new Map<Intent, number[]>();
  readonly #settled = new Set<string>();
  readonly #unkeyed = new Map<string, Intent>();
  #throughMs = Number.NEGATIVE_INFINITY;
  #lastClientVersion = 0;
  #audited = 0;

  constructor(of: {
    readonly facts: TimelineFacts;
    readonly commands: readonly LoggedCommand[];
    readonly owners: ReadonlyMap<number, Intent>;
    readonly windows: Windows;
    readonly findings: Findings;
    readonly intents: readonly Intent[];
  }) {
    this.#facts = of.facts;
    this.#commands = of.commands;
    this.#owners = of.owners;
    this.#windows = of.windows;
    this.#findings = of.findings;
    for (const intent of of.intents) {
      const asked = intent.operations[0]?.asked;
      if (intent.key === null && asked?.kind === 'command') this.#unkeyed.set(JSON.stringify(asked.command), intent);
    }
  }

  /** Whether any command of the log is this intent's. */
  tookEffect(intent: Intent): boolean {
    return this.#ends.has(intent);
  }

  /** Takes note of an answer that is no effect: a refusal, a read, or that there was nothing to do. */
  expect(operation: Operation, reply: Reply): void {
    for (const look of this.#looksOf(operation, reply)) this.#note(look);
  }

  #note(look: Look): void {
    const { version, operation } = look;
    const { from, to } = look.window;
    if (version === null) this.#somewhere.push(look);
    else if (version < from || version > to) {
      this.#findings.add('order', `version ${version} is outside ${from}..${to}: ${told(operation)}`);
    } else {
      const there = this.#exact.get(version);
      if (there === undefined) this.#exact.set(version, [look]);
      else there.push(look);
    }
  }

  run(): void {
    this.#somewhere.sort((one, other) => one.window.from - other.window.from);
    let next = 0;
    for (const command of this.#commands) {
      if (!this.#take(command)) return;
      const { lastVersion } = command;
      for (; (this.#somewhere[next]?.window.from ?? Number.POSITIVE_INFINITY) <= lastVersion; next += 1) {
        const look = this.#somewhere[next];
        if (look !== undefined) this.#active.add(look);
      }
      this.#compareAt(command);
    }
    for (const look of [...this.#active, ...this.#somewhere.slice(next)]) this.#disagree(look);
    for (const look of [...this.#exact.values()].flat()) {
      this.#findings.add('order', `no command ends at the version that was shown: ${told(look.operation)}`);
    }
    this.#audit();
    this.#compareBatches();
  }

  /** Folds one command, having compared it with what was asked. False where the log cannot be folded on. */
  #take(command: LoggedCommand): boolean {
    const { firstVersion, lastVersion, actor } = command;
    const owner = this.#owners.get(firstVersion) ?? this.#ownerOf(command);
    if (firstVersion === 1) {
      // The timeline's creation, by the harness itself.
    } else if (owner !== undefined) this.#compareEffect(command, owner);
    else if (actor !== 'system' || this.#facts.clock === 'virtual') {
      this.#findings.add('doubled', `nobody asked for it: ${JSON.stringify(command.events).slice(0, 600)}`);
    }
    if (actor !== 'system') this.#lastClientVersion = lastVersion;
    for (const event of command.events) if (!this.#fold(event)) return false;
    return true;
  }

  /** A command without a key is told by its amount, which no other has. */
  #ownerOf({ events }: LoggedCommand): Intent | undefined {
    const [event] = events.filter(({ type }) => type === 'FundsDeposited');
    if (event === undefined || events.length !== 1) return undefined;
    const { data } = presentEvent(event, () => undefined);
    const command: WireCommand = {
      type: 'DepositFunds',
      data: { agentId: String(data['agentId']), amount: Number(data['amount']).toFixed(6) },
    };
    const text = JSON.stringify(command);
    const owner = this.#unkeyed.get(text);
    this.#unkeyed.delete(text);
    return owner;
  }

  #compareEffect(command: LoggedCommand, owner: Intent): void {
    const { firstVersion, lastVersion } = command;
    this.#ends.set(owner, [...(this.#ends.get(owner) ?? []), lastVersion]);
    if (!owner.isBatch && (this.#ends.get(owner)?.length ?? 0) > 1) {
      this.#findings.add('doubled', `in the log twice, the second time at ${firstVersion}: ${this.#words(owner)}`);
    }
    const { from, to } = this.#windows.of(owner.invokedMs, owner.answeredMs);
    if (firstVersion <= from || lastVersion > to) {
      const words = `${firstVersion}..${lastVersion} is outside ${from + 1}..${to}`;
      this.#findings.add('order', `${words}: ${this.#words(owner)}`);
    }
    if (!this.#decidesAlike(command, owner)) {
      const events = JSON.stringify(command.events.map(({ type, data }) => ({ type, data })));
      this.#findings.add('answer', `the model decides otherwise than ${events.slice(0, 600)}: ${this.#words(owner)}`);
    }
    for (const operation of owner.operations) this.#compareReply(command, operation);
  }

  /** Whether the model, at the version before, decides just these events. Of a batch entries may have been refused. */
  #decidesAlike({ events, firstVersion }: LoggedCommand, owner: Intent): boolean {
    const asked = owner.operations[0]?.asked;
    // On a wall clock the decision's time is known from the events alone.
    const nowMs = this.#facts.clock === 'wall' ? (events.at(-1)?.atMs ?? 0) : this.#state.nowMs;
    const matches = (command: WireCommand): boolean => {
      const decision = decideOn(this.#state, command, nowMs);
      return decision.kind === 'accepted' && sameEvents(decision.events, events);
    };
    if (asked?.kind === 'command') {
      const { expectedVersion } = asked;
      if (expectedVersion !== null && missesPrecondition(this.#model(firstVersion - 1, undefined), expectedVersion)) {
        return false;
      }
      return matches(asked.command);
    }
    if (asked?.kind !== 'batch') return false;
    const start = this.#cursors.get(owner) ?? 0;
    const found = asked.commands.slice(start).findIndex(matches);
    this.#cursors.set(owner, start + found + 1);
    return found >= 0;
  }

  #compareReply({ events, firstVersion, lastVersion }: LoggedCommand, operation: Operation): void {
    const { asked, reply } = operation;
    if (!isAccepted(operation) || reply === null || asked.kind !== 'command') return;
    const { version, events: shown } = JSON.parse(reply.body) as { version: number; events: unknown };
    const { outcome } = asked.command.data;
    const expected = events.map((event) =>
      presentEvent(event, () => (outcome === undefined ? undefined : String(outcome))),
    );
    if (version !== lastVersion || !isDeepStrictEqual(shown, JSON.parse(JSON.stringify(expected)))) {
      this.#findings.add('answer', `versions ${firstVersion}..${lastVersion} are another answer: ${told(operation)}`);
    }
  }

  #looksOf(operation: Operation, reply: Reply): readonly Look[] {
    const { asked, invokedMs, lastInvokedMs, completedMs } = operation;
    const isRead = asked.kind === 'read';
    // What time a wall clock showed at a decision or a read is not known.
    const isLoose = this.#facts.clock === 'wall';
    const window = this.#windows.of(isRead ? lastInvokedMs : invokedMs, completedMs, reply.staleMs ?? 0);
    const look = (version: number | null, agrees: Look['agrees']): Look => {
      return { operation, window, version, seesCommits: isRead, agrees: isLoose ? () => true : agrees };
    };
    const hasNothingToDo = (command: WireCommand): Look['agrees'] => {
      return ({ state }) => {
        const decision = decideOn(state, command);
        return decision.kind === 'accepted' && decision.events.length === 0;
      };
    };
    if (asked.kind === 'reuse') return [];
    if (asked.kind === 'read') {
      const version = reply.status < 300 ? reply.version : null;
      return [look(version, (model) => showsAlike(model, asked.path, reply, this.#commands))];
    }
    if (reply.status >= 300) return [look(null, (model) => refusesAsTold(model, operation, reply))];
    if (asked.kind === 'command') {
      const { events, version } = JSON.parse(reply.body) as { readonly events: readonly unknown[]; version: number };
      return events.length > 0 ? [] : [look(version, hasNothingToDo(asked.command))];
    }
    let before: number | null = null;
    return entriesOf(reply).flatMap((entry, i) => {
      const command = asked.commands[i];
      if (command === undefined) return [];
      if (entry.status === 'refused') {
        return [look(null, (model) => refusesAlike(model, command, entry.problem?.code ?? ''))];
      }
      const { version = 0 } = entry;
      const isNew = version !== before;
      before = version;
      const isHere: Look['agrees'] = ({ owner }) => isNew && owner?.operations.includes(operation) === true;
      return [look(version, (model) => isHere(model) || hasNothingToDo(command)(model))];
    });
  }

  #compareAt({ firstVersion, lastVersion, events }: LoggedCommand): void {
    const sealedBy = (events.at(-1) as StoredEvent | undefined)?.sealedBy;
    const model = this.#model(lastVersion, sealedBy, this.#owners.get(firstVersion));
    for (const look of this.#active) {
      if (look.agrees(model)) this.#active.delete(look);
      else if (look.window.to <= lastVersion) {
        this.#disagree(look);
        this.#active.delete(look);
      }
    }
    const shown = this.#exact.get(lastVersion);
    if (shown !== undefined) {
      for (const look of shown) {
        if (look.seesCommits && sealedBy === undefined) {
          this.#findings.add('order', `a read saw half a commit: ${told(look.operation)}`);
        } else if (!look.agrees(model)) this.#disagree(look);
      }
      this.#exact.delete(lastVersion);
    }
    for (const seen of this.#facts.hashes) {
      if (seen.version !== lastVersion) continue;
      const stateHash = stateHashOf(this.#state);
      if (seen.stateHash === stateHash) continue;
      this.#findings.add('hash', `${seen.from} has ${seen.stateHash} at ${lastVersion}, the log ${stateHash}`);
    }
  }

  #disagree({ operation, window }: Look): void {
    this.#findings.add('answer', `nowhere in ${window.from}..${window.to} the model answers so: ${told(operation)}`);
  }

  #model(version: number, chainHash: string | undefined, owner?: Intent): Model {
    const lastClientVersion = this.#lastClientVersion;
    return { timeline: this.#facts.timeline, state: this.#state, version, chainHash, lastClientVersion, owner };
  }

  #fold(event: StoredEvent): boolean {
    const { version, atMs } = event;
    try {
      const read = readStoredEvent(event);
      if (read.kind === 'unreadable') throw new Error(read.reason);
      this.#payOnce(read.event, version);
      evolve(this.#state, read.event, { version, atMs });
    } catch (error) {
      this.#findings.add('economy', `version ${version}, a ${event.type}: ${String(error)}`);
      return false;
    }
    if (version >= this.#audited + EVENTS_PER_AUDIT) {
      this.#audited = version;
      this.#audit();
    }
    return true;
  }

  #audit(): void {
    for (const broken of checkEconomy(this.#state)) this.#findings.add('economy', broken);
  }

  /** Yield is paid through later and later times, and a market ends once. */
  #payOnce(event: { readonly type: string; readonly data: object }, version: number): void {
    const { throughMs, marketId } = event.data as { readonly throughMs?: number; readonly marketId?: string };
    if (event.type === 'YieldDistributed' && throughMs !== undefined) {
      if (throughMs <= this.#throughMs) this.#findings.add('twice', `yield through ${throughMs} again at ${version}`);
      this.#throughMs = throughMs;
    }
    if ((event.type === 'MarketResolved' || event.type === 'MarketVoided') && marketId !== undefined) {
      if (this.#settled.has(marketId)) this.#findings.add('twice', `market ${marketId} settled again at ${version}`);
      this.#settled.add(marketId);
    }
  }

  /** What a batch's answer says was accepted is in the log, and nothing else of it. */
  #compareBatches(): void {
    for (const [intent, ends] of this.#ends) if (intent.isBatch) this.#compareBatch(intent, ends);
  }

  #compareBatch(intent: Intent, ends: readonly number[]): void {
    for (const operation of intent.operations.filter(isAccepted)) {
      const accepted = new Set(
        operation.reply === null ? [] : entriesOf(operation.reply).map(({ version }) => version),
      );
      if (ends.every((end) => accepted.has(end))) continue;
      this.#findings.add('answer', `the log has ${ends.join(', ')} of it: ${told(operation)}`);
    }
  }

  #words(owner: Intent): string {
    return owner.operations.slice(0, 3).map(told).join(' | ');
  }
}

/** What a batch's reply says of each entry. */
interface EntryReply {
  readonly status: 'accepted' | 'refused';
  readonly version?: number;
  readonly problem?: { readonly code: string };
}

const entriesOf = ({ body }: Reply): readonly EntryReply[] =>
  (JSON.parse(body) as { readonly results: readonly EntryReply[] }).results;

const sameEvents = (decided: readonly Decided[], stored: LoggedCommand['events']): boolean =>
  decided.length === stored.length &&
  decided.every(({ type, atMs, data }, i) => {
    const event = stored[i];
    return event?.type === type && event.atMs === atMs && event.data === JSON.stringify(data);
  });

function refusesAsTold(model: Model, { asked }: Operation, { body }: Reply): boolean {
  const code = codeOf(body);
  if (asked.kind === 'batch') return refusesBatch(model, asked.commands, body);
  if (asked.kind !== 'command') return false;
  const { expectedVersion, command } = asked;
  if (code === 'precondition-failed') return expectedVersion !== null && missesPrecondition(model, expectedVersion);
  return refusesAlike(model, command, code);
}

/** Whether a read shows what the model shows here. */
function showsAlike(model: Model, path: string, { status, body }: Reply, commands: readonly LoggedCommand[]): boolean {
  if (path.startsWith('events?')) return showsEvents(model, path, body, commands);
  const expected = answerTo(model, path);
  if (expected === 'unknown') return status === 404;
  if (status >= 300) return false;
  return isDeepStrictEqual(JSON.parse(body), JSON.parse(JSON.stringify(expected)));
}

/** A page of the log: the versions that were asked for, of this version's log, without a gap. */
function showsEvents(model: Model, path: string, body: string, commands: readonly LoggedCommand[]): boolean {
  const query = new URLSearchParams(path.slice('events?'.length));
  const after = Number(query.get('after'));
  const count = Math.min(Number(query.get('limit')), Math.max(0, model.version - after));
  const { items } = JSON.parse(body) as { readonly items: readonly { version: number; type: string; at: string }[] };
  if (items.length !== count) return false;
  return items.every(({ version, type, at }, i) => {
    if (version !== after + 1 + i) return false;
    const event = eventAt(commands, version);
    if (event === undefined) return false;
    const shown = presentEvent(event, () => undefined);
    return shown.type === type && shown.at === at;
  });
}

/** The event of a version; commands are in order. */
function eventAt(commands: readonly LoggedCommand[], version: number): StoredEvent | undefined {
  let low = 0;
  let high = commands.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((commands[middle]?.lastVersion ?? 0) < version) low = middle + 1;
    else high = middle;
  }
  return commands[low]?.events.find((event) => event.version === version);
}
