/**
 * What falls due, earliest first and then by id: a persistent leftist heap, so that an overlay's agenda is a value of its
 * own and dropping the overlay costs nothing. Entries are not removed when a market closes early; whoever takes the first
 * one asks whether it still stands.
 */
export interface Due {
  readonly atMs: number;
  readonly id: string;
}

export type Agenda = Node | null;

interface Node {
  readonly due: Due;
  /** Length of the right spine: kept the shorter one, so merging is logarithmic. */
  readonly rank: number;
  readonly left: Agenda;
  readonly right: Agenda;
}

export const addDue = (agenda: Agenda, due: Due): Agenda => merge(agenda, { due, rank: 1, left: null, right: null });

export const withoutFirst = (agenda: Agenda): Agenda => (agenda === null ? null : merge(agenda.left, agenda.right));

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id);

function merge(a: Agenda, b: Agenda): Agenda {
  if (a === null) return b;
  if (b === null) return a;
  const [first, other] = isBefore(b.due, a.due) ? [b, a] : [a, b];
  const merged = merge(first.right, other);
  const leftRank = first.left?.rank ?? 0;
  const mergedRank = merged?.rank ?? 0;
  return leftRank >= mergedRank
    ? { due: first.due, rank: mergedRank + 1, left: first.left, right: merged }
    : { due: first.due, rank: leftRank + 1, left: merged, right: first.left };
}
