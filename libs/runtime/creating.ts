import { randomUUID } from 'node:crypto';
import { decide, EVENT_SHAPES, evolve, State, timelineTimeMs, type Limits } from '#domain';
import type { EventLog, ProposedEvent, RecordedKey } from '#event-log';
import type { DatabaseClock } from './clock.js';
import { timelineFull } from './group.js';
import { isSameRequest, TimelineUnknown, type CreateTimelineSubmission, type Outcome } from './contract.js';

export interface Creator {
  readonly log: EventLog;
  readonly clock: DatabaseClock;
  readonly writer: string;
  readonly limits: Limits;
  /** Of the rows of the new timeline's state. */
  readonly rowBytesMax: number;
}

type Created = Outcome | { readonly status: 'name-taken' };

/** Decides a timeline's first commands on an empty state and stores all of them, or nothing. */
export async function createTimeline(creator: Creator, submission: CreateTimelineSubmission): Promise<Created> {
  const { log, clock, writer } = creator;
  const { name, key } = submission;
  const earlier = key === null ? undefined : await log.findServerKey(key.digest(0));
  if (earlier !== undefined) return createdBefore(log, earlier, submission);
  clock.observe(await log.databaseTimeMs());
  clock.assertAgrees();
  const decided = decideFirstCommit(creator, submission);
  if ('status' in decided) return decided;
  const outcome = await log.createTimeline({
    name,
    fork: null,
    events: decided,
    key: key && {
      digest: key.digest(0),
      requestHash: key.requestHash,
      firstVersion: 1,
      lastVersion: decided.length,
      reply: JSON.stringify({ timeline: name }),
    },
    recordedAtMs: clock.nowMs(),
    writer,
  });
  switch (outcome.status) {
    case 'created': {
      const events = decided.map((event, i) => ({ ...event, version: i + 1 }));
      return { status: 'accepted', version: events.length, events, repeated: false };
    }
    case 'name-taken':
      return outcome;
    case 'key-taken':
      return createTimeline(creator, submission);
    case 'parent-gone':
      throw new TypeError('a root has no parent');
  }
}

/** What a timeline's creation came to when its key was burnt. */
export async function createdBefore(
  log: EventLog,
  earlier: RecordedKey,
  { key, name }: Pick<CreateTimelineSubmission, 'key' | 'name'>,
): Promise<Outcome> {
  if (!isSameRequest(earlier, key)) return { status: 'key-reused' };
  const record = await log.findTimeline(name);
  if (record === undefined) throw new TimelineUnknown(`timeline ${name} is gone`);
  const { firstVersion, lastVersion } = earlier;
  const { events } = await log.readEvents({
    timelineId: record.timelineId,
    afterVersion: firstVersion - 1,
    toVersion: lastVersion,
    limit: lastVersion - firstVersion + 1,
  });
  return { status: 'accepted', version: lastVersion, events, repeated: true };
}

function decideFirstCommit(
  { clock, limits, rowBytesMax }: Creator,
  { commands, actor }: CreateTimelineSubmission,
): readonly ProposedEvent[] | Outcome {
  const state = new State();
  const events: ProposedEvent[] = [];
  for (const command of commands) {
    const decision = decide(state, command, { nowMs: timelineTimeMs(state, clock.nowMs()), limits });
    if (decision.kind === 'refused') return { status: 'refused', refusal: decision };
    if (decision.kind === 'repeated') continue;
    const commandId = randomUUID();
    for (const event of decision.events) {
      const { type, atMs, data } = event;
      evolve(state, event, { version: events.length + 1, atMs });
      const { schemaVersion } = EVENT_SHAPES[type];
      events.push({ type, schemaVersion, atMs, commandId, actor, data: JSON.stringify(data) });
    }
    if (state.rowBytes > rowBytesMax) return { status: 'refused', refusal: timelineFull(rowBytesMax) };
  }
  return events;
}
