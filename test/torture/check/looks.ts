import {
  canonicalText,
  decide,
  evolve,
  type AgentId,
  type Decision,
  type Limits,
  type RefusalCode,
  type State,
} from '#domain';
import type { ChainHash } from '#event-log';
import { agentView, marketView, timelineView, worldView, yieldView } from '#presentation';
import { createHash } from 'node:crypto';
import type { Operation } from '../history.js';
import { commandOf, type WireCommand } from '../wire.js';
import type { Intent } from './intents.js';

/** The operator's limits as the servers of the harness have them: the defaults. */
const LIMITS: Limits = { documentsMax: 10_000, documentBytesMax: 268_435_456 };

/** The model at one version: the state that the log folds to there. */
export interface Model {
  readonly timeline: string;
  readonly state: State;
  readonly version: number;
  /** The chain hash, where a commit ends here. */
  readonly chainHash: string | undefined;
  /** Version of the last event that a client caused. */
  readonly lastClientVersion: number;
  /** Whose command ended here. */
  readonly owner: Intent | undefined;
}

/** What the model makes of a command; time on a virtual clock stands at the last event. */
export const decideOn = (state: State, command: WireCommand, nowMs = state.nowMs): Decision =>
  decide(state, commandOf(command), { nowMs, limits: LIMITS });

/** SHA-256 of a state's canonical text: its state hash. */
export function stateHashOf(state: State): string {
  const hash = createHash('sha256');
  for (const piece of canonicalText(state)) hash.update(piece);
  return hash.digest('hex');
}

/** The refusal that a problem names; its code alone, since figures in words differ with the version. */
export function codeOf(body: string): string {
  const parsed = JSON.parse(body) as { readonly code?: unknown };
  return typeof parsed.code === 'string' ? parsed.code : '';
}

/** Whether the model refuses the command here, and for that reason. */
export function refusesAlike(model: Model, command: WireCommand, code: string): boolean {
  const decision = decideOn(model.state, command);
  return decision.kind === 'refused' && decision.code === (code as RefusalCode);
}

/** Whether `If-Match` fails here: clients have moved the timeline on, or it is not there yet. */
export const missesPrecondition = (model: Model, expectedVersion: number): boolean =>
  expectedVersion > model.version || expectedVersion < model.lastClientVersion;

/** Whether an atomic batch is refused here, at that entry and for that reason. */
export function refusesBatch(model: Model, commands: readonly WireCommand[], body: string): boolean {
  const { code, errors } = JSON.parse(body) as { code: string; errors?: readonly { pointer: string }[] };
  const overlay = model.state.overlay();
  let { version } = model;
  for (const [index, command] of commands.entries()) {
    const decision = decideOn(overlay, command);
    if (decision.kind === 'refused') return decision.code === code && errors?.[0]?.pointer === `/commands/${index}`;
    if (decision.kind === 'repeated') continue;
    for (const event of decision.events) {
      version += 1;
      evolve(overlay, event, { version, atMs: event.atMs });
    }
  }
  return false;
}

/** What a read shows at the model's version; undefined where it shows what the model does not compare. */
export function answerTo(model: Model, path: string): object | 'unknown' | undefined {
  const { timeline, state, version } = model;
  const [kind = '', id = ''] = path.split('/');
  switch (kind) {
    case '':
      return timelineView({
        timeline,
        parent: null,
        state,
        version,
        chainHash: (model.chainHash ?? '') as ChainHash,
        nowMs: state.nowMs,
        staleMs: null,
      });
    case 'agents': {
      const agent = state.agents.get(id);
      return agent === undefined ? 'unknown' : agentView(state, { agentId: id as AgentId, agent, nowMs: state.nowMs });
    }
    case 'markets': {
      const market = state.markets.get(id);
      return market === undefined ? 'unknown' : marketView(market, state.nowMs);
    }
    case 'yield':
      return yieldView(state.yieldAccount);
    case 'world':
      return worldView(state.world);
    case 'documents': {
      const document = state.documents.get(id);
      return document === undefined ? 'unknown' : (JSON.parse(document.text) as object);
    }
    default:
      return undefined;
  }
}

/** In words, for a report. */
export function told({ id, client, asked, key, attempts, outcome, reply, invokedMs, completedMs }: Operation): string {
  const what =
    asked.kind === 'read'
      ? `GET ${asked.path}`
      : JSON.stringify(asked.kind === 'batch' ? asked.commands : asked.command);
  const answer =
    reply === null ? 'no answer' : `${reply.status} at ${reply.version ?? '?'} ${reply.body.slice(0, 400)}`;
  const when = `${invokedMs.toFixed(1)}..${completedMs.toFixed(1)} ms, attempt ${attempts}`;
  return `operation ${id} of client ${client} (${outcome}, key ${key ?? 'none'}, ${when}): ${what.slice(0, 600)} → ${answer}`;
}
