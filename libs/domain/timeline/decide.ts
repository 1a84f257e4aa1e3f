import { accept, at, type Decision, type DecisionContext } from '../decision.js';
import { decideExpired } from '../markets/decide.js';
import { refuse } from '../refusal.js';
import type { State } from '../state.js';
import { TIME_MAX_MS, toText } from '../units.js';
import type { AdvanceClock, CompleteTimeline, CreateTimeline, ForkTerms } from './commands.js';
import type { TimelineForked } from './events.js';
import { DEFAULT_APY_PPM, DEFAULT_SETTINGS } from './state.js';

export function decideCreateTimeline(_state: State, command: CreateTimeline, { nowMs }: DecisionContext): Decision {
  const { clock, apyPpm = DEFAULT_APY_PPM } = command;
  const startAtMs = clock === 'virtual' ? (command.startAtMs ?? nowMs) : nowMs;
  if (startAtMs < 0 || startAtMs > TIME_MAX_MS) {
    return refuse('time-limit-reached', 'a timeline starts between the years 1970 and 9999');
  }
  const settings = { ...DEFAULT_SETTINGS, ...command.settings };
  return accept(
    at(startAtMs, {
      type: 'TimelineCreated',
      data: { clock, startAtMs, apyPpm, settings: { ...settings, liquidity: toText(settings.liquidity) } },
    }),
  );
}

export function decideAdvanceClock(state: State, command: AdvanceClock): Decision {
  const { lifecycle, nowMs } = state;
  if (lifecycle.status !== 'active' || lifecycle.clock !== 'virtual') {
    return refuse('clock-not-virtual', 'only a virtual clock can be advanced; this timeline runs on the wall clock');
  }
  const toMs = 'toMs' in command ? command.toMs : nowMs + command.byMs;
  if (toMs < nowMs)
    return refuse('clock-backwards', "the target lies before the timeline's time; no clock runs backwards");
  if (toMs > TIME_MAX_MS) return refuse('time-limit-reached', 'no timeline runs past the year 9999');
  if (toMs === nowMs) return accept();
  const expired = decideExpired(state, { nowMs: toMs, limit: Number.MAX_SAFE_INTEGER });
  return accept(...expired, at(toMs, { type: 'ClockAdvanced', data: { toMs } }));
}

export const decideCompleteTimeline = (
  _state: State,
  { result }: CompleteTimeline,
  { nowMs }: DecisionContext,
): Decision => accept(at(nowMs, { type: 'TimelineCompleted', data: { result } }));

/** Of a completed timeline the time stands still: `nowMs` is when it was completed, however much later it is archived. */
export const decideArchiveTimeline = (_state: State, { nowMs }: DecisionContext): Decision =>
  accept(at(nowMs, { type: 'TimelineArchived', data: {} }));

/**
 * The first event of a fork. It needs no state, so that a fork costs the same wherever it stands: `atMs` is the timeline
 * time of the parent's event at the fork version, `databaseMs` what the database's clock shows, ms since the Unix epoch.
 * The time between the two would else pass in the fork at once, with all its yield and whatever expires in it.
 */
export function decideFork(
  { atMs, databaseMs }: { readonly atMs: number; readonly databaseMs: number },
  { clock = 'virtual', runsFrom = 'fork', settings, reason }: ForkTerms,
): TimelineForked & { readonly atMs: number } {
  const { liquidity, ...others } = settings ?? {};
  const stored = { ...others, ...(liquidity !== undefined && { liquidity: toText(liquidity) }) };
  return at(atMs, {
    type: 'TimelineForked',
    data: {
      clock,
      offsetMs: clock === 'wall' && runsFrom === 'fork' ? atMs - databaseMs : 0,
      ...(Object.keys(stored).length > 0 && { settings: stored }),
      ...(reason !== undefined && { reason }),
    },
  });
}
