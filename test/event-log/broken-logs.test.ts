import assert from 'node:assert/strict';
import { describe, test } from '@jest/globals';
import {
  openMemoryLog,
  type AppendOutcome,
  type AppendRequest,
  type EventLog,
  type HeadLock,
  type RecordedEvent,
} from '#event-log';
import { contractCases } from './contract.js';

/** A log with a bug, and a rule of the contract that must catch it. */
interface BrokenLog {
  readonly bug: string;
  readonly caughtBy: string;
  readonly plant: (sound: EventLog) => Partial<EventLog>;
}

/** The methods of a log with some of them replaced. */
function withBug(sound: EventLog, { plant }: BrokenLog): EventLog {
  const bug = plant(sound);
  return new Proxy(sound, {
    get(target, property) {
      const owner = property in bug ? bug : target;
      const value: unknown = Reflect.get(owner, property);
      return typeof value === 'function' ? value.bind(owner) : value;
    },
  });
}

/** Appends to whatever the head is. */
async function appendAnyway(sound: EventLog, request: AppendRequest): Promise<AppendOutcome> {
  for (;;) {
    const { head } = await sound.confirm(request.timelineId, []);
    const outcome = await sound.append({ ...request, expected: head });
    if (outcome.status !== 'lost') return outcome;
  }
}

const damaged = (event: RecordedEvent): RecordedEvent => ({ ...event, data: JSON.stringify(JSON.parse(event.data)) });

const brokenLogs: readonly BrokenLog[] = [
  {
    bug: 'drops the compare-and-set',
    caughtBy: 'an append against an old version is lost',
    plant: (sound) => ({ append: (request) => appendAnyway(sound, request) }),
  },
  {
    bug: 'drops the compare-and-set, seen by a race',
    caughtBy: 'of appends that race, exactly one wins, round after round',
    plant: (sound) => ({ append: (request) => appendAnyway(sound, request) }),
  },
  {
    bug: 'compares the version and forgets the hash',
    caughtBy: 'an append against the right version of another history is lost',
    plant: (sound) => ({
      async append(request) {
        const { head } = await sound.confirm(request.timelineId, []);
        return sound.append(request.expected.version === head.version ? { ...request, expected: head } : request);
      },
    }),
  },
  {
    bug: 'acknowledges before the commit',
    caughtBy: 'an acknowledged append is read by the next call',
    plant: (sound) => ({
      append(request) {
        setTimeout(() => void sound.append(request), 20);
        const head = { version: request.expected.version + request.events.length, hash: request.expected.hash };
        return Promise.resolve({ status: 'appended', head, databaseTimeMs: 0 });
      },
    }),
  },
  {
    bug: 'ignores that a key is taken',
    caughtBy: 'a group with a key that is taken writes nothing, not even its other keys',
    plant: (sound) => ({
      async append(request) {
        const burnt = await sound.confirm(
          request.timelineId,
          request.keys.map(({ digest }) => digest),
        );
        const taken = new Set(burnt.keys.map(({ digest }) => digest));
        return sound.append({ ...request, keys: request.keys.filter(({ digest }) => !taken.has(digest)) });
      },
    }),
  },
  {
    bug: 'forgets keys',
    caughtBy: 'a key is burnt with its append and found again as it was',
    plant: (sound) => ({ append: (request) => sound.append({ ...request, keys: [] }) }),
  },
  {
    bug: 'burns keys without looking at the head',
    caughtBy: 'keys alone are burnt without moving the head, and only at the head they were decided against',
    plant: (sound) => ({
      append: (request) => (request.events.length === 0 ? appendAnyway(sound, request) : sound.append(request)),
    }),
  },
  {
    bug: 'asks the keys before the head',
    caughtBy: 'an append that is both lost and repeated says lost: the head is asked first',
    plant: (sound) => ({
      async append(request) {
        const burnt = await sound.confirm(
          request.timelineId,
          request.keys.map(({ digest }) => digest),
        );
        return burnt.keys.length > 0 ? { status: 'key-taken' } : sound.append(request);
      },
    }),
  },
  {
    bug: 'normalises the data',
    caughtBy: 'an event comes back exactly as it was proposed',
    plant: (sound) => ({
      async readEvents(request) {
        const page = await sound.readEvents(request);
        return { ...page, events: page.events.map(damaged) };
      },
    }),
  },
  {
    bug: 'reads commits with data that was touched',
    caughtBy: 'the chain recomputed from what is read is the chain that was stored',
    plant: (sound) => ({
      async *readCommits(range) {
        for await (const commit of sound.readCommits(range)) yield { ...commit, events: commit.events.map(damaged) };
      },
    }),
  },
  {
    bug: 'leaves gaps after failed appends',
    caughtBy: 'a failed append leaves no gap',
    plant: (sound) => {
      let failed = 0;
      return {
        async append(request) {
          const outcome = await sound.append(request);
          if (outcome.status !== 'appended') failed += 1;
          else if (failed > 0) return { ...outcome, head: { ...outcome.head, version: outcome.head.version + failed } };
          return outcome;
        },
      };
    },
  },
  {
    bug: 'reads past a filter',
    caughtBy: 'events are read page by page, by type, and never beyond what was asked',
    plant: (sound) => ({
      readEvents: ({ timelineId, afterVersion, limit }) => sound.readEvents({ timelineId, afterVersion, limit }),
    }),
  },
  {
    bug: 'locks nothing',
    caughtBy: 'whoever holds the head’s lock wins; who comes meanwhile waits and then loses',
    plant: (sound) => ({
      async lockHead(timelineId): Promise<HeadLock> {
        const { head, databaseTimeMs } = await sound.confirm(timelineId, []);
        return { head, databaseTimeMs, append: (request) => sound.append(request), release: () => Promise.resolve() };
      },
    }),
  },
  {
    bug: 'gives one name to two timelines',
    caughtBy: 'a name is taken once',
    plant: (sound) => ({
      createTimeline(request) {
        return sound.createTimeline({ ...request, name: `${request.name}${request.events.length}` });
      },
    }),
  },
  {
    bug: 'asks the name before the key',
    caughtBy: 'a creation that is sent again meets its key before its name, and writes nothing',
    plant: (sound) => ({
      async createTimeline(request) {
        if ((await sound.findTimeline(request.name)) !== undefined) return { status: 'name-taken' };
        return sound.createTimeline(request);
      },
    }),
  },
  {
    bug: 'prunes the newest snapshots',
    caughtBy: 'pruning keeps the newest of each format and reducer',
    plant: (sound) => ({
      pruneSnapshots: (timelineId) => sound.pruneSnapshots(timelineId, 0),
    }),
  },
  {
    bug: 'forks at the head, whatever version was asked for',
    caughtBy: 'a fork goes on from its fork version, and its parent is untouched',
    plant: (sound) => ({
      async createTimeline(request) {
        if (request.fork === null) return sound.createTimeline(request);
        const { head } = await sound.confirm(request.fork.timelineId, []);
        return sound.createTimeline({ ...request, fork: { ...request.fork, head } });
      },
    }),
  },
  {
    bug: 'gives the events of whole commits, though a fork stands within one',
    caughtBy: 'a reader may start and end anywhere in an ancestry, within commits too',
    plant: (sound) => ({
      async *readCommits({ timelineId, afterVersion, toVersion }) {
        for await (const part of sound.readCommits({ timelineId, afterVersion })) {
          if (part.commit.firstVersion <= (toVersion ?? Infinity)) yield part;
        }
      },
    }),
  },
  {
    bug: 'shows a fork all keys of its parent',
    caughtBy: 'a fork sees the keys of its ancestry up to each fork version and no further',
    plant: (sound) => ({
      async confirm(timelineId, keys) {
        const all = await Promise.all(
          (await sound.readAncestry(timelineId)).map((stretch) => sound.confirm(stretch.timelineId, keys)),
        );
        const own = await sound.confirm(timelineId, keys);
        return { ...own, keys: all.flatMap((confirmation) => confirmation.keys) };
      },
    }),
  },
  {
    bug: 'shows a fork all snapshots of its parent',
    caughtBy: 'a fork sees the snapshots of its ancestry at or below the fork version',
    plant: (sound) => ({
      async listSnapshots(timelineId) {
        const ancestry = await sound.readAncestry(timelineId);
        const all = await Promise.all(ancestry.map((stretch) => sound.listSnapshots(stretch.timelineId)));
        return all.flat().sort((left, right) => right.version - left.version);
      },
    }),
  },
  {
    bug: 'moves a label',
    caughtBy: 'a label names one version, and a fork sees its ancestors’ labels up to the fork version',
    plant: (sound) => ({
      async saveLabel(timelineId, { label, version }, key) {
        await sound.saveLabel(timelineId, { label, version }, key);
        return { status: 'saved', label: { label, version, timeline: 'PARENT' } };
      },
    }),
  },
  {
    bug: 'scans the events of the ancestry as rows of the fork',
    caughtBy: 'the rows of a fork are its own alone',
    plant: (sound) => ({
      rows: {
        ...sound.rows,
        async *scanEvents(range) {
          for (const { timelineId } of await sound.readAncestry(range.timelineId)) {
            yield* sound.rows.scanEvents({ ...range, timelineId });
          }
        },
      },
    }),
  },
  {
    bug: 'reads its way through rows that were touched',
    caughtBy: 'the rows are those that were written, however many pages they fill',
    plant: (sound) => ({
      rows: {
        ...sound.rows,
        async *scanEvents(range) {
          for await (const page of sound.rows.scanEvents(range)) {
            yield page.map((event) => ({ ...event, data: JSON.stringify(JSON.parse(event.data)) }));
          }
        },
      },
    }),
  },
  {
    bug: 'starts every scan at the first version',
    caughtBy: 'a scan starts and ends where it was asked to',
    plant: (sound) => ({
      rows: {
        ...sound.rows,
        scanCommits: (range) => sound.rows.scanCommits({ ...range, afterVersion: 0 }),
      },
    }),
  },
];

describe('the contract catches a log that', () => {
  test.each(brokenLogs.map((broken) => ({ ...broken, broken })))('$bug', async ({ broken, caughtBy }) => {
    const rule = contractCases.find((contractCase) => contractCase.rule === caughtBy);
    assert.ok(rule !== undefined, `there is no rule: ${caughtBy}`);
    await rule.holds(openMemoryLog());
    await assert.rejects(rule.holds(withBug(openMemoryLog(), broken)));
  });
});
