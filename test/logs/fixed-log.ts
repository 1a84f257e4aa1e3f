import { openMemoryLog, type EventLog, type ProposedEvent } from '#event-log';
import type { ProcessClock } from '#runtime';

/** The time at which frozen logs are made, whenever that is: 2026-12-01T00:00:00Z. */
const MADE_AT_MS = 1_796_083_200_000;

export const fixedClock: ProcessClock = { dateMs: () => MADE_AT_MS, monotonicMs: () => 0 };

/** A log in memory in which nothing depends on the machine or the moment: ids, writer and recording times are counted. */
export function openFixedLog(): EventLog {
  const log = openMemoryLog();
  const fix = fixing();
  const fixed: Partial<EventLog> = {
    createTimeline: (request) => log.createTimeline(fix(request)),
    append: async (request) => atFixedTime(await log.append(fix(request))),
    confirm: async (timelineId, keys) => atFixedTime(await log.confirm(timelineId, keys)),
    databaseTimeMs: () => Promise.resolve(MADE_AT_MS),
  };
  return new Proxy(log, {
    get(target, name) {
      const own = Reflect.get(fixed, name) as unknown;
      if (own !== undefined) return own;
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

const atFixedTime = <Answer extends object>(answer: Answer): Answer =>
  'databaseTimeMs' in answer ? { ...answer, databaseTimeMs: MADE_AT_MS } : answer;

function fixing() {
  const ids = new Map<string, string>();
  let commits = 0;
  const idOf = (commandId: string): string => {
    const counted = ids.get(commandId) ?? `00000000-0000-4000-8000-${String(ids.size + 1).padStart(12, '0')}`;
    ids.set(commandId, counted);
    return counted;
  };
  return <Request extends { readonly events: readonly ProposedEvent[] }>(request: Request): Request => {
    commits += 1;
    return {
      ...request,
      events: request.events.map((event) => ({ ...event, commandId: idOf(event.commandId) })),
      recordedAtMs: MADE_AT_MS + commits * 1_000,
      writer: 'corpus',
    };
  };
}
