import { REASON_MAX } from '#access';
import type { AgentId, Command, JsonValue, Settings as TimelineSettings } from '#domain';
import type { EventLog, Label, RecordedEvent, StrayRows } from '#event-log';
import {
  amountOf,
  archivingReceipt,
  comparisonView,
  completionReceipt,
  decodeCompareCursor,
  eventPage,
  forkProblem,
  forkReply,
  fullStateText,
  labelProblem,
  masterProblem,
  OutcomeNames,
  outcomeProblem,
  parseMoment,
  pastAgentView,
  pastMarketView,
  presentEvent,
  removalProblem,
  replayProblem,
  replayView,
  snapshotView,
  stateView,
  tenthsOf,
  timelineEntryView,
  type CommandReply,
  type PresentedFact,
  type ReplayView,
  type StateView,
} from '#presentation';
import { verifyTimeline, type ExpectedHash, type VerifyOptions } from '#proof';
import type { HeldView, Moment, Outcome, PastView, Replay, Runtime } from '#runtime';
import { listTimelines } from '../database/list-timelines.js';
import { ANONYMOUS, requestKey } from '../database/request-key.js';
import { recorded } from '../database/recorded.js';
import { refused } from '../failure.js';
import {
  archiveChange,
  completeChange,
  forkChange,
  keyOf,
  labelChange,
  removeChange,
  replayChange,
  type Change,
} from './changes.js';
import type {
  ComparisonPage,
  Desk,
  EventsWanted,
  ForkSettings,
  NewFork,
  NewLabel,
  NewReplay,
  Streamed,
  StreamWanted,
} from './desk.js';
import { problemFailure } from './problem-failure.js';

const pageSize = 1_000;

/** What a desk on the database stands on. */
export interface DeskParts {
  readonly name: string;
  readonly runtime: Runtime;
  readonly log: EventLog;
  /** Why the command is given. */
  readonly reason: string | null;
}

/** The timelines of a database, by a runtime of this process. */
export class DatabaseDesk implements Desk {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #log: EventLog;
  readonly #reason: string | null;

  constructor({ name, runtime, log, reason }: DeskParts) {
    this.name = name;
    this.#runtime = runtime;
    this.#log = log;
    this.#reason = reason;
  }

  nowMs(): Promise<number> {
    return this.#log.databaseTimeMs();
  }

  async timelines() {
    return (await listTimelines(this.#log)).map(timelineEntryView);
  }

  async takeSnapshot(timeline: string) {
    return snapshotView(await this.#runtime.takeSnapshot(timeline));
  }

  async snapshots(timeline: string) {
    return (await this.#runtime.listSnapshots(timeline)).map(snapshotView);
  }

  async putLabel(timeline: string, label: NewLabel, key: string | undefined): Promise<Label> {
    const wanted = {
      label: label.label,
      version: label.version ?? null,
      key: keyFor(labelChange(timeline, label), key),
    };
    const outcome = await this.#runtime.saveLabel(timeline, wanted);
    if (outcome.status === 'saved' || outcome.status === 'found') return outcome.label;
    throw problemFailure(labelProblem(outcome));
  }

  async labels(timeline: string): Promise<readonly Label[]> {
    const labels: Label[] = [];
    for (;;) {
      const page = await this.#runtime.listLabels(timeline, {
        afterLabel: labels.at(-1)?.label ?? null,
        limit: pageSize,
      });
      labels.push(...page);
      if (page.length < pageSize) return labels;
    }
  }

  async fork(parent: string, fork: NewFork, key: string | undefined): Promise<CommandReply> {
    const { name, at = null, clock, runsFrom, settings, reason } = fork;
    const terms = {
      ...(clock !== undefined && { clock }),
      ...(runsFrom !== undefined && { runsFrom }),
      ...(settings !== undefined && { settings: settingsOf(settings) }),
      ...(reason !== undefined && { reason }),
    };
    const submission = { parent, name, at, terms, actor: ANONYMOUS, key: keyFor(forkChange(parent, fork), key) };
    const record = {
      action: 'ForkTimeline',
      timeline: parent,
      target: name,
      reason: reason?.slice(0, REASON_MAX) ?? null,
    };
    return recorded(this.#log, record, async () =>
      this.#forked(await this.#runtime.forkTimeline(submission), fork, parent),
    );
  }

  #forked(outcome: Awaited<ReturnType<Runtime['forkTimeline']>>, { name }: NewFork, parent: string): CommandReply {
    switch (outcome.status) {
      case 'name-taken':
      case 'label-unknown':
      case 'version-ahead':
      case 'version-inside-command':
      case 'fork-depth-reached':
        throw problemFailure(forkProblem(outcome, name));
      case 'accepted':
      case 'refused':
      case 'precondition-failed':
      case 'key-reused':
        return forkReply({ name, parent }, accepted(outcome));
    }
  }

  complete(timeline: string, result: JsonValue | undefined, key: string | undefined): Promise<CommandReply> {
    const command: Command = { type: 'CompleteTimeline', result: result ?? null };
    const change = completeChange(timeline, result);
    return this.#recorded('CompleteTimeline', { timeline }, () =>
      this.#execute(timeline, { command, change, key, receipt: completionReceipt }),
    );
  }

  archive(timeline: string, key: string | undefined): Promise<CommandReply> {
    const command: Command = { type: 'ArchiveTimeline' };
    return this.#recorded('ArchiveTimeline', { timeline }, () =>
      this.#execute(timeline, { command, change: archiveChange(timeline), key, receipt: archivingReceipt }),
    );
  }

  async remove(timeline: string, key: string | undefined): Promise<void> {
    notMaster(timeline, 'removed');
    await this.#recorded('RemoveTimeline', { timeline }, async () => {
      const requestKey = keyFor(removeChange(timeline), key);
      const outcome = await this.#runtime.removeTimeline({ timeline, confirm: timeline, key: requestKey });
      if (outcome.status !== 'removed') throw problemFailure(removalProblem(outcome));
    });
  }

  compare({ left, right, limit, cursor: text }: ComparisonPage) {
    const cursor = text === undefined ? undefined : decodeCompareCursor(text);
    return this.#runtime.past.compare({ left, right, versions: cursor?.versions ?? null }, (comparison) =>
      comparisonView(comparison, { limit, cursor }),
    );
  }

  state(timeline: string, at: string | null): Promise<StateView> {
    return this.#hold(timeline, at, async (held) => stateView(held, await held.stateHash()));
  }

  fullState(timeline: string, at: string | null, write: (piece: string) => Promise<void>): Promise<void> {
    return this.#hold(timeline, at, async (held) => {
      const summary = stateView(held, await held.stateHash());
      for (const piece of fullStateText(summary, held.state)) await write(piece);
    });
  }

  async agent(timeline: string, agentId: string, at: string | null) {
    const view = await this.#look(timeline, at, (past) => pastAgentView(past, agentId as AgentId));
    if (view === undefined) throw refused('agent-unknown', `There is no agent ${agentId}.`);
    return view;
  }

  async market(timeline: string, marketId: string, at: string | null) {
    const view = await this.#look(timeline, at, (past) => pastMarketView(past, marketId));
    if (view === undefined) throw refused('market-unknown', `There is no market ${marketId}.`);
    return view;
  }

  async startReplay(replay: NewReplay, key: string): Promise<ReplayView> {
    const { timeline, mode, to = null } = replay;
    const submission = { timeline, mode, toVersion: to, key: keyFor(replayChange(replay), key) };
    return this.#recorded('StartReplay', { timeline }, async () => {
      const outcome = await this.#runtime.replays.start(submission);
      if (outcome.status !== 'started') throw problemFailure(replayProblem(outcome));
      return replayView(outcome.replay);
    });
  }

  async replay(id: string): Promise<ReplayView> {
    return shownReplay(await this.#runtime.replays.find(id));
  }

  async cancelReplay(id: string): Promise<ReplayView> {
    return this.#recorded('CancelReplay', { target: id }, async () =>
      shownReplay(await this.#runtime.replays.cancel(id)),
    );
  }

  async verify(timeline: string, expected: readonly ExpectedHash[], onProgress: VerifyOptions['onProgress']) {
    const verification = await verifyTimeline(this.#log, timeline, { expected, ...(onProgress && { onProgress }) });
    if (verification === undefined) throw refused('timeline-unknown', `There is no timeline ${timeline}.`);
    return verification;
  }

  strayRows(): Promise<readonly StrayRows[]> {
    return this.#log.rows.findStrayRows();
  }

  async events(timeline: string, { after, types, limit }: EventsWanted) {
    const wanted = { afterVersion: after, limit, ...(types !== undefined && { types }) };
    const page = await this.#runtime.readEvents(timeline, wanted);
    return eventPage(page, await new OutcomeNames(this.#runtime, timeline).of(page.events));
  }

  async *stream(timeline: string, { after, types, signal }: StreamWanted): AsyncGenerator<Streamed> {
    const names = new OutcomeNames(this.#runtime, timeline);
    const isShown = ({ type }: RecordedEvent): boolean => types === undefined || types.includes(type);
    const start = after ?? (await this.#runtime.read(timeline, {}, ({ version }) => version));
    yield { version: start, event: null };
    for await (const events of this.#runtime.follow(timeline, { afterVersion: start, signal })) {
      const name = await names.of(events.filter(isShown));
      for (const event of events) {
        yield { version: event.version, event: isShown(event) ? presentEvent(event, name) : null };
      }
    }
  }

  #recorded<T>(
    action: string,
    { timeline = null, target = null }: { readonly timeline?: string | null; readonly target?: string | null },
    act: () => Promise<T>,
  ): Promise<T> {
    return recorded(this.#log, { action, timeline, target, reason: this.#reason }, act);
  }

  async #execute(
    timeline: string,
    wanted: {
      readonly command: Command;
      readonly change: Change;
      readonly key: string | undefined;
      readonly receipt: (events: readonly PresentedFact[]) => object;
    },
  ): Promise<CommandReply> {
    notMaster(timeline, 'ended');
    const { command, change, key, receipt } = wanted;
    const submission = { command, actor: ANONYMOUS, key: keyFor(change, key), expectedVersion: null };
    const { version, events } = accepted(await this.#runtime.execute(timeline, submission));
    const presented = events.map((event) => presentEvent(event, () => undefined));
    return { version, result: receipt(presented), events: presented };
  }

  #hold<T>(timeline: string, at: string | null, work: (held: HeldView) => Promise<T>): Promise<T> {
    const runtime = this.#runtime;
    if (at !== null) return runtime.past.readHeld(timeline, momentOf(at), work);
    return runtime.readPinned(timeline, {}, (pinned) =>
      work({ ...pinned, stateHash: () => runtime.stateHash(pinned.state) }),
    );
  }

  #look<T>(timeline: string, at: string | null, view: (past: PastView) => T): Promise<T> {
    if (at === null) return this.#runtime.read(timeline, {}, view);
    return this.#runtime.past.read(timeline, momentOf(at), view);
  }
}

const keyFor = (change: Change, given: string | undefined) => requestKey(keyOf(change, given), change.request);

function accepted(outcome: Outcome): Extract<Outcome, { readonly status: 'accepted' }> {
  if (outcome.status === 'accepted') return outcome;
  throw problemFailure(outcomeProblem(outcome));
}

function shownReplay(replay: Replay | undefined): ReplayView {
  if (replay === undefined) throw refused('replay-unknown', 'There is no replay of that id.');
  return replayView(replay);
}

function notMaster(timeline: string, what: 'ended' | 'removed'): void {
  const problem = masterProblem(timeline, what);
  if (problem !== undefined) throw problemFailure(problem);
}

/** A validated text. */
const momentOf = (text: string): Moment => parseMoment(text) ?? { timeMs: 0 };

const settingsOf = ({
  reactAt,
  autoMarketAt,
  tickSeconds,
  liquidity,
  feeBps,
}: ForkSettings): Partial<TimelineSettings> => ({
  ...(reactAt !== undefined && { reactAtTenths: tenthsOf(reactAt) }),
  ...(autoMarketAt !== undefined && { autoMarketAtTenths: tenthsOf(autoMarketAt) }),
  ...(tickSeconds !== undefined && { tickSeconds }),
  ...(liquidity !== undefined && { liquidity: amountOf(liquidity) }),
  ...(feeBps !== undefined && { feeBps }),
});
