import type { Verdict, ViolationKind } from './check/evidence.js';
import type { StrikeCount } from './strikes.js';
import type { Trend } from './trend.js';

/** All that a run came to. */
export interface Report {
  readonly seed: number;
  readonly seconds: number;
  /** Time in which clients and faults were at work. */
  readonly workedSeconds: number;
  readonly clients: number;
  readonly strikes: readonly StrikeCount[];
  /** Requests sent again with their key, sent many at once, and keys sent with another body. */
  readonly retries: { readonly again: number; readonly atOnce: number; readonly otherBody: number };
  /** Promises that faults or followers saw broken. */
  readonly broken: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly resources: readonly Trend[];
  /** How often each process was started. */
  readonly starts: readonly number[];
  readonly notes: readonly string[];
}

/** Why a run counts as failed; none if it passed. A fault that never struck proves nothing. */
export function failuresOf({ strikes, broken, verdicts }: Report): readonly string[] {
  const idle = strikes
    .filter(({ struck }) => struck === 0)
    .map(({ name, tried }) => `${name} never struck (${tried} tries)`);
  const violations = verdicts.flatMap(({ timeline, violations: found }) =>
    found.map(({ kind, count, first }) => `${timeline}: ${count} × ${kind}, first: ${first}`),
  );
  const untouched = verdicts
    .filter(({ accepted }) => accepted === 0)
    .map(({ timeline }) => `${timeline}: nothing was accepted`);
  // Age is only known where the database could not be asked.
  const stale = strikes.length > 0 ? [] : verdicts.filter(({ staleReads }) => staleReads > 0);
  const aged = stale.map(
    ({ timeline, staleReads }) => `${timeline}: ${staleReads} stale reads though nothing was wrong`,
  );
  return [...idle, ...aged, ...broken, ...violations, ...untouched];
}

const KINDS: readonly ViolationKind[] = [
  'lost',
  'doubled',
  'order',
  'answer',
  'effect',
  'density',
  'chain',
  'economy',
  'hash',
  'twice',
  'fault',
];

/** A run of seconds has too few samples for all figures. */
const shown = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : '-').padStart(8);

export function textOf(report: Report): string {
  const { verdicts, strikes, resources, starts, workedSeconds, seconds, seed, clients } = report;
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const found = (kind: ViolationKind): number =>
    sum(({ violations }) => violations.find((violation) => violation.kind === kind)?.count ?? 0);
  const figures: readonly (readonly [string, number | string])[] = [
    ['seed', seed],
    ['seconds at work / in all', `${workedSeconds.toFixed(0)} / ${seconds.toFixed(0)}`],
    ['clients', clients],
    ['operations, in requests', `${sum(({ operations }) => operations)}, ${sum(({ requests }) => requests)}`],

    ['events', sum(({ events }) => events)],
    ['accepted / refused', `${sum(({ accepted }) => accepted)} / ${sum(({ refused }) => refused)}`],
    ['reads, of which stale', `${sum(({ reads }) => reads)}, ${sum(({ staleReads }) => staleReads)}`],
    ['answered as without effect', sum(({ failed }) => failed)],
    ['unknown outcomes that took effect', sum(({ unknown }) => unknown.tookEffect)],
    ['unknown outcomes that had none', sum(({ unknown }) => unknown.hadNone)],
    ['same key again / at once / other body', Object.values(report.retries).join(' / ')],
    ['starts of each process', starts.join(', ')],
    ...KINDS.map((kind) => [`violations: ${kind}`, found(kind)] as const),
  ];
  return [
    '',
    ...figures.map(([what, figure]) => `${what.padEnd(36)} ${figure}`),
    '',
    `${'fault'.padEnd(28)} row  tried  struck`,
    ...strikes.map(
      ({ name, row, tried, struck }) =>
        `${name.padEnd(28)} ${String(row).padStart(3)} ${String(tried).padStart(6)} ${String(struck).padStart(7)}`,
    ),
    '',
    `${'first process'.padEnd(28)} by quarters (medians)                    max  slope/h`,
    ...resources.map(
      ({ what, quarters, max, slopePerHour }) =>
        `${what.padEnd(28)} ${[...quarters, max, slopePerHour].map(shown).join(' ')}`,
    ),
    ...report.notes,
    '',
  ].join('\n');
}
