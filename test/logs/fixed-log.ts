import { openMemoryLog, type EventLog, type ProposedEvent } from '#event-log';

/** When the first commit of a frozen log was recorded: 2026-01-01T00:00:00Z. */
const RECORDED_FROM_MS = 1_767_225_600_000;

/** A log in memory in which nothing depends on the machine or the moment: ids, writer and recording times are counted. */
export function openFixedLog(): EventLog {
  const log = openMemoryLog();
  const fix = fixing();
  return new Proxy(log, {
    get(target, name) {
      if (name === 'append') return (request: Parameters<EventLog['append']>[0]) => target.append(fix(request));
      if (name === 'createTimeline') {
        return (request: Parameters<EventLog['createTimeline']>[0]) => target.createTimeline(fix(request));
      }
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

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
      recordedAtMs: RECORDED_FROM_MS + commits * 1_000,
      writer: 'corpus',
    };
  };
}
