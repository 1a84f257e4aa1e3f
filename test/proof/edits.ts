import type { ViolationKind } from '#proof';
import type { Actor, CommitRow, EventRow } from './scene.js';

/** What an edit does to the rows of one timeline: the first thing that is wrong with them. */
export interface Wrong {
  readonly keeper: string;
  readonly version: number;
  readonly kind: ViolationKind;
}

/** One edit by hand. */
export interface Edit {
  readonly statements: readonly string[];
  /** One for each timeline whose rows it touches. */
  readonly wrong: readonly Wrong[];
}

/** What edits choose by. */
interface Chance {
  readonly actors: readonly Actor[];
  readonly roll: (sides: number) => number;
}

const NOBODY = 99_999;

const pick = <T>({ roll }: Chance, values: readonly T[]): T => {
  const value = values[roll(values.length)];
  if (value === undefined) throw new Error('there is nothing to pick from');
  return value;
};

const whereEvent = ({ timeline_id, version }: EventRow): string =>
  `where timeline_id = ${timeline_id} and version = ${version}`;
const whereCommit = ({ timeline_id, last_version }: CommitRow): string =>
  `where timeline_id = ${timeline_id} and last_version = ${last_version}`;

/** From -5 to 5. */
const anotherThanZero = ({ roll }: Chance): number => (roll(2) === 0 ? -1 : 1) * (1 + roll(5));

type MakeEdit = (chance: Chance) => Edit;

/** Sets a column of some event to what the function says. */
const eventColumn =
  (set: (chance: Chance) => string): MakeEdit =>
  (chance) => {
    const { name, events } = pick(chance, chance.actors);
    const event = pick(chance, events);
    return {
      statements: [`update event set ${set(chance)} ${whereEvent(event)}`],
      wrong: [{ keeper: name, version: event.version, kind: 'event-changed' }],
    };
  };

const oneOfColumns = (...sets: readonly string[]): MakeEdit => eventColumn((chance) => pick(chance, sets));

const commitColumn =
  (set: (chance: Chance, commit: CommitRow) => string): MakeEdit =>
  (chance) => {
    const { name, commits } = pick(chance, chance.actors);
    const fit = commits.filter((commit) => set(chance, commit) !== '');
    const commit = pick(chance, fit);
    return {
      statements: [`update commit set ${set(chance, commit)} ${whereCommit(commit)}`],
      wrong: [{ keeper: name, version: commit.last_version, kind: 'commit-changed' }],
    };
  };

/** A version that no event of the timeline has: before its own first, or beyond its head. */
const freeVersion = (chance: Chance, { after, head }: Actor): number =>
  chance.roll(2) === 0 ? after - chance.roll(after + 3) : head + 1 + chance.roll(5);

const eventVersion: MakeEdit = (chance) => {
  const actor = pick(chance, chance.actors);
  const event = pick(chance, actor.events);
  const to = freeVersion(chance, actor);
  const first: Omit<Wrong, 'keeper'> =
    to <= actor.after ? { version: to, kind: 'event-inserted' } : { version: event.version, kind: 'event-missing' };
  return {
    statements: [`update event set version = ${to} ${whereEvent(event)}`],
    wrong: [{ keeper: actor.name, ...first }],
  };
};

const eventTimeline: MakeEdit = (chance) => {
  const { name, events, record } = pick(chance, chance.actors);
  const event = pick(chance, events);
  const others = chance.actors.filter(
    (actor) => actor.name !== name && (event.version <= actor.after || event.version > actor.head),
  );
  const other = chance.roll(3) === 0 ? undefined : others[chance.roll(others.length)];
  const missing: Wrong = { keeper: name, version: event.version, kind: 'event-missing' };
  return {
    statements: [
      `update event set timeline_id = ${other?.record.timelineId ?? NOBODY + record.timelineId} ${whereEvent(event)}`,
    ],
    wrong:
      other === undefined
        ? [missing]
        : [missing, { keeper: other.name, version: event.version, kind: 'event-inserted' }],
  };
};

const commitTimeline: MakeEdit = (chance) => {
  const { name, commits } = pick(chance, chance.actors);
  const commit = pick(chance, commits);
  const others = chance.actors.filter(
    (actor) => actor.name !== name && actor.commits.every(({ last_version }) => last_version !== commit.last_version),
  );
  const other = chance.roll(3) === 0 ? undefined : others[chance.roll(others.length)];
  const missing: Wrong = { keeper: name, version: commit.first_version, kind: 'commit-missing' };
  return {
    statements: [`update commit set timeline_id = ${other?.record.timelineId ?? NOBODY} ${whereCommit(commit)}`],
    wrong:
      other === undefined
        ? [missing]
        : [missing, { keeper: other.name, version: commit.last_version, kind: 'commit-inserted' }],
  };
};

const commitFirstVersion = commitColumn(({ roll }, { first_version, last_version }) => {
  const to = 1 + roll(last_version);
  if (to !== first_version) return `first_version = ${to}`;
  return to > 1 ? `first_version = ${to - 1}` : '';
});

const commitLastVersion: MakeEdit = (chance) => {
  const { name, commits, head } = pick(chance, chance.actors);
  const commit = pick(chance, commits);
  const taken = new Set(commits.map(({ last_version }) => last_version));
  const free = Array.from({ length: head + 10 }, (_, version) => version).filter(
    (version) => version >= commit.first_version && !taken.has(version),
  );
  return {
    statements: [`update commit set last_version = ${pick(chance, free)} ${whereCommit(commit)}`],
    wrong: [{ keeper: name, version: commit.last_version, kind: 'commit-changed' }],
  };
};

const contents = ['at_ms', 'command_id', 'schema_version', 'type', 'actor', 'data'];
const seals = ['recorded_at_ms', 'data_bytes', 'hash', 'writer'];
const takeOver = (columns: readonly string[]): string =>
  columns.map((column) => `${column} = kept.${column}`).join(', ');

/** Two different rows, the first one first. */
const pair = <Row>(chance: Chance, rows: readonly Row[]): readonly [Row, Row] => {
  const first = chance.roll(rows.length - 1);
  const [one, other] = [rows[first], rows[first + 1 + chance.roll(Math.min(5, rows.length - first - 1))]];
  if (one === undefined || other === undefined) throw new Error('there is no pair');
  return [one, other];
};

const swapEvents: MakeEdit = (chance) => {
  const { name, events } = pick(chance, chance.actors);
  const [one, other] = pair(chance, events);
  const columns = takeOver(chance.roll(2) === 0 ? contents : [...contents, 'link']);
  const change = (to: EventRow, from: EventRow): string =>
    `update event set ${columns} from event_kept as kept
     where event.timeline_id = ${to.timeline_id} and event.version = ${to.version}
       and kept.timeline_id = ${from.timeline_id} and kept.version = ${from.version}`;
  return {
    statements: [change(one, other), change(other, one)],
    wrong: [{ keeper: name, version: one.version, kind: 'event-changed' }],
  };
};

const swapCommits: MakeEdit = (chance) => {
  const { name, commits } = pick(chance, chance.actors);
  const [one, other] = pair(chance, commits);
  const change = (to: CommitRow, from: CommitRow): string =>
    `update commit set ${takeOver(seals)} from commit_kept as kept
     where commit.timeline_id = ${to.timeline_id} and commit.last_version = ${to.last_version}
       and kept.timeline_id = ${from.timeline_id} and kept.last_version = ${from.last_version}`;
  return {
    statements: [change(one, other), change(other, one)],
    wrong: [{ keeper: name, version: one.last_version, kind: 'commit-changed' }],
  };
};

const deleteEvent: MakeEdit = (chance) => {
  const { name, events } = pick(chance, chance.actors);
  const event = pick(chance, events);
  return {
    statements: [`delete from event ${whereEvent(event)}`],
    wrong: [{ keeper: name, version: event.version, kind: 'event-missing' }],
  };
};

const deleteCommit: MakeEdit = (chance) => {
  const { name, commits } = pick(chance, chance.actors);
  const commit = pick(chance, commits);
  return {
    statements: [`delete from commit ${whereCommit(commit)}`],
    wrong: [{ keeper: name, version: commit.first_version, kind: 'commit-missing' }],
  };
};

const copyEvent = (from: EventRow, to: number): string =>
  `insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
   select ${to}, at_ms, command_id, timeline_id, link, schema_version, type, actor, data
   from event_kept ${whereEvent(from)}`;

/** All that stand behind move up by one, and a copy of an earlier event takes the place. */
const insertEvent: MakeEdit = (chance) => {
  const { name, record, events } = pick(chance, chance.actors);
  const [copied, at] = pair(chance, events);
  const behind = `timeline_id = ${record.timelineId} and version >= ${at.version}`;
  return {
    statements: [
      `delete from event where ${behind}`,
      `insert into event (version, at_ms, command_id, timeline_id, link, schema_version, type, actor, data)
       select version + 1, at_ms, command_id, timeline_id, link, schema_version, type, actor, data
       from event_kept where ${behind}`,
      copyEvent(copied, at.version),
    ],
    wrong: [{ keeper: name, version: at.version, kind: 'event-inserted' }],
  };
};

const strayEvent: MakeEdit = (chance) => {
  const actor = pick(chance, chance.actors);
  const to = freeVersion(chance, actor);
  return {
    statements: [copyEvent(pick(chance, actor.events), to)],
    wrong: [{ keeper: actor.name, version: to, kind: 'event-inserted' }],
  };
};

/** Anywhere: within another commit, over several, before the first, beyond the head. */
const insertCommit: MakeEdit = (chance) => {
  const { name, commits, head } = pick(chance, chance.actors);
  const taken = new Set(commits.map(({ last_version }) => last_version));
  const free = Array.from({ length: head + 10 }, (_, version) => version + 1).filter((version) => !taken.has(version));
  const last = pick(chance, free);
  const copied = pick(chance, commits);
  const isNext = commits.find(({ last_version }) => last_version > last) ?? copied;
  const first = chance.roll(2) === 0 && isNext.first_version <= last ? isNext.first_version : 1 + chance.roll(last);
  const hash = chance.roll(2) === 0 ? 'hash' : `sha256('forged')`;
  return {
    statements: [
      `insert into commit (last_version, first_version, recorded_at_ms, timeline_id, data_bytes, hash, writer)
       select ${last}, ${first}, recorded_at_ms, timeline_id, data_bytes, ${hash}, writer
       from commit_kept ${whereCommit(chance.roll(2) === 0 ? isNext : copied)}`,
    ],
    wrong: [{ keeper: name, version: last, kind: 'commit-inserted' }],
  };
};

/** Every column of both tables, and what is done to whole rows. */
export const EDITS: readonly { readonly what: string; readonly make: MakeEdit }[] = [
  { what: 'event.version', make: eventVersion },
  { what: 'event.at_ms', make: eventColumn((chance) => `at_ms = at_ms + ${anotherThanZero(chance)}`) },
  { what: 'event.command_id', make: eventColumn(() => 'command_id = gen_random_uuid()') },
  { what: 'event.timeline_id', make: eventTimeline },
  { what: 'event.link', make: eventColumn(({ roll }) => `link = link # ${1 + roll(1_000_000)}`) },
  { what: 'event.schema_version', make: eventColumn(({ roll }) => `schema_version = schema_version + ${1 + roll(9)}`) },
  { what: 'event.type', make: oneOfColumns(`type = type || 's'`, `type = 'FundsBurnt'`) },
  { what: 'event.actor', make: oneOfColumns(`actor = 'eve'`, `actor = E'a\\nb'`, `actor = ''`) },
  { what: 'event.data', make: eventColumn(() => `data = '{"agentId":"eve","amount":"1"}'`) },
  {
    what: 'white space in event.data',
    make: oneOfColumns(`data = (data::text || ' ')::json`, `data = (' ' || data::text)::json`),
  },
  {
    what: 'the order of keys in event.data',
    make: eventColumn(
      () => `data = (select json_object_agg(key, value order by key desc)::text || E'\\n' from json_each(data))::json`,
    ),
  },
  { what: 'commit.last_version', make: commitLastVersion },
  { what: 'commit.first_version', make: commitFirstVersion },
  {
    what: 'commit.recorded_at_ms',
    make: commitColumn((chance) => `recorded_at_ms = recorded_at_ms + ${anotherThanZero(chance)}`),
  },
  { what: 'commit.timeline_id', make: commitTimeline },
  { what: 'commit.data_bytes', make: commitColumn(({ roll }) => `data_bytes = data_bytes - ${1 + roll(100)}`) },
  { what: 'commit.hash', make: commitColumn(() => 'hash = sha256(hash)') },
  { what: 'commit.writer', make: commitColumn(() => `writer = writer || '!'`) },
  { what: 'two events swapped', make: swapEvents },
  { what: 'two commits swapped', make: swapCommits },
  { what: 'an event deleted', make: deleteEvent },
  { what: 'a commit deleted', make: deleteCommit },
  { what: 'an event inserted', make: insertEvent },
  { what: 'an event put before the first or beyond the head', make: strayEvent },
  { what: 'a commit inserted', make: insertCommit },
];
