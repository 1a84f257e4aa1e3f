/** A bug as somebody might make it: a few words of the sources are others. */
export interface Bug {
  readonly name: string;
  /** What breaks, in a few words. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /** The faults that it takes to show; none where busy clients are enough. */
  readonly faults: string;
  /** How long it is looked for, where that is longer than for the others. */
  readonly minutes?: number;
}

/** One place of it: `find` stands there once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const loop = 'libs/runtime/commit-loop.ts';
const group = 'libs/runtime/group.ts';
const live = 'libs/runtime/live-timeline.ts';
const append = 'libs/event-log-postgres/append.ts';
const snapshots = 'libs/runtime/snapshots.ts';

/** Each breaks one promise and nothing that a compiler or a start would notice. */
export const BUGS: readonly Bug[] = [
  {
    name: 'acknowledged-before-the-commit',
    what: 'clients are answered before the append was sent',
    faults: 'kill-api,cut',
    edits: [
      {
        file: loop,
        find: '    const startMs = clock.monotonicMs();\n    let outcome',
        replace: '    const startMs = clock.monotonicMs();\n    group.settle();\n    let outcome',
      },
      {
        file: loop,
        find: '    this.#advanceTo(head, group.recordedEvents());\n    this.#settle(group);',
        replace: '    this.#advanceTo(head, group.recordedEvents());\n    this.#queue.dropFinished();',
      },
    ],
  },
  {
    name: 'key-not-unique',
    what: 'idempotency keys are neither unique in the database nor looked up',
    faults: 'cut,cut-append-reply',
    edits: [
      {
        file: 'migrations/0001-create-event-log.sql',
        find: 'constraint key_taken primary key (scope, digest)',
        replace: 'constraint key_taken unique (scope, digest, first_version)',
      },
      {
        file: 'libs/runtime/key-lookup.ts',
        find: 'for (const key of keys) burnt.set(key.digest, key);',
        replace: 'if (keys.length < 0) burnt.clear();',
      },
    ],
  },
  {
    name: 'key-not-burnt',
    what: 'an append forgets the idempotency keys of its commands',
    faults: 'cut',
    edits: [{ file: loop, find: 'events, keys, writer };', replace: 'events, keys: keys.slice(0, 0), writer };' }],
  },
  {
    name: 'key-with-another-body',
    what: 'a key is taken for the same request whatever the body is',
    faults: 'none',
    edits: [
      {
        file: group,
        find: "if (!isSameRequest(burnt, entry.key)) return { status: 'key-reused' };",
        replace: '',
      },
    ],
  },
  {
    name: 'paid-twice',
    what: "a settlement pays a market's first holder twice",
    faults: 'none',
    edits: [
      {
        file: 'libs/domain/markets/settlement.ts',
        find: '  const paid = payouts.reduce(',
        replace: '  payouts = [...payouts, ...payouts.slice(0, 1)];\n  const paid = payouts.reduce(',
      },
    ],
  },
  {
    name: 'yield-paid-twice',
    what: 'a distribution does not move what has been distributed',
    faults: 'none',
    edits: [
      {
        file: 'libs/domain/yield/evolve.ts',
        find: '    distributedIntegral: account.integral,\n',
        replace: '',
      },
    ],
  },
  {
    name: 'fee-rounded-down',
    what: 'the fee of a bet is rounded for the trader',
    faults: 'none',
    edits: [
      {
        file: 'libs/domain/markets/fixed-product.ts',
        find: 'const fee = micro(ceilDiv(budget * BigInt(feeBps), BPS));',
        replace: 'const fee = micro((budget * BigInt(feeBps)) / BPS);',
      },
    ],
  },
  {
    name: 'snapshot-unchecked',
    what: 'a snapshot is loaded without its checksum and state hash',
    faults: 'damage-snapshots',
    minutes: 1.5,
    edits: [
      { file: snapshots, find: '!== snapshot.sha256) {', replace: "=== '') {" },
      { file: snapshots, find: '!== snapshot.stateHash) {', replace: "=== '') {" },
    ],
  },
  {
    name: 'stale-reader',
    what: 'a read is answered from what the process has, without asking whether it is all',
    faults: 'none',
    edits: [
      {
        file: live,
        find: '    const { version } = await this.#confirmations.next();',
        replace: '    const { version } = this.head;',
      },
    ],
  },
  {
    name: 'age-of-nothing',
    what: 'a read that could not ask the database says that it is 0 ms old',
    faults: 'cut,black-hole,kill-postgres',
    edits: [
      {
        file: 'apps/api/queries/answer.ts',
        find: 'String(Math.ceil(staleMs))',
        replace: "'0'",
      },
    ],
  },
  {
    name: 'refused-at-an-old-head',
    what: 'a refusal is given though others were just seen to have written',
    faults: 'none',
    edits: [
      {
        file: loop,
        find: '    if (this.isBehind) return;\n    const { clock, log } = this.#options;\n    // One late answer',
        replace: '    const { clock, log } = this.#options;\n    // One late answer',
      },
    ],
  },
  {
    name: 'overlay-kept',
    what: 'the overlay of an append that was lost stays in the live state',
    faults: 'none',
    edits: [
      {
        file: loop,
        find: '      this.counts.lostAppends += 1;',
        replace: '      this.counts.lostAppends += 1;\n      this.#state.absorb(group.overlay);',
      },
    ],
  },
  {
    name: 'lost-append-taken-for-done',
    what: 'an append that lost its race is acknowledged',
    faults: 'none',
    edits: [
      {
        file: append,
        find: "if (row === undefined || integer(row, 0) === 0) return { status: 'lost' };",
        replace: "if (row === undefined) return { status: 'lost' };",
      },
    ],
  },
  {
    name: 'no-compare-and-set',
    what: 'an append moves the head whatever it is',
    faults: 'none',
    edits: [
      {
        file: 'libs/event-log-postgres/sql/append-events.ts',
        find: 'and head_version = $2::bigint and head_hash = $3::bytea and',
        replace: 'and',
      },
    ],
  },
  {
    name: 'unknown-told-as-none',
    what: 'a command whose append lost its reply is told that it had no effect',
    faults: 'cut-append-reply,cut',
    edits: [
      {
        file: append,
        find: '    return resolveOrThrow(connections, session, prepared, error);\n  }\n  return confirmed(',
        replace: "    throw asUnavailable(error, 'cannot append');\n  }\n  return confirmed(",
      },
    ],
  },
  {
    name: 'if-match-ignored',
    what: 'If-Match is not looked at',
    faults: 'none',
    edits: [{ file: group, find: 'if (expectedVersion === null) return true;', replace: 'return true;' }],
  },
  {
    name: 'half-an-atomic-batch',
    what: 'what stands before the refused entry of an atomic batch stays',
    faults: 'none',
    edits: [
      {
        file: group,
        find: '        undo();\n        this.#refuseAtomic(work, index, outcome);',
        replace: '        this.overlay.absorb(overlay);\n        this.#refuseAtomic(work, index, outcome);',
      },
    ],
  },
  {
    name: 'stream-with-a-gap',
    what: 'a stream that goes on after a cut starts at the head',
    faults: 'kill-api,cut',
    edits: [
      {
        file: 'apps/api/events/events.controller.ts',
        find: 'const start = after ?? head;',
        replace: 'const start = head;',
      },
    ],
  },
  {
    name: 'wrong-clock-trusted',
    what: "a process whose clock is not the database's writes",
    faults: 'wrong-clock',
    edits: [{ file: loop, find: '    clock.assertAgrees();\n', replace: '' }],
  },
  {
    name: 'unknown-event-skipped',
    what: 'an event that this build does not know is read over',
    faults: 'unknown-event',
    edits: [
      {
        file: 'libs/runtime/fold.ts',
        find: '    evolve(state, readEvent(event), { version, atMs });',
        replace:
          "    if (readStoredEvent(event).kind !== 'unreadable') evolve(state, readEvent(event), { version, atMs });",
      },
    ],
  },
  {
    name: 'folder-not-locked',
    what: 'a server starts on a data directory that one in another container has locked',
    faults: 'second-server',
    edits: [
      {
        file: 'libs/embedded-postgres/file-lock.ts',
        find: "if (code === 0) return { kind: 'taken', handle };",
        replace: "if (code === 0 || code === 1) return { kind: 'taken', handle };",
      },
    ],
  },
  {
    name: 'read-only-looks-ready',
    what: 'a process whose database takes no changes says that it is ready',
    faults: 'read-only-database',
    edits: [
      {
        file: 'apps/api/health/health.ts',
        find: 'const ready = databaseAvailable && !databaseReadOnly;',
        replace: 'const ready = databaseAvailable && databaseReadOnly !== null;',
      },
    ],
  },
];
