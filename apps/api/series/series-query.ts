import type { Moment } from '#runtime';
import { Optional } from '../fields/field.js';
import { ReadQuery, wholeNumberText } from '../http/pages.js';
import { momentOf, momentText } from '../states/moment.js';

const POINTS_MAX = 1_000;
const POINTS_DEFAULT = 200;

/** Which stretch of history to plot, and by how many points. */
export class SeriesQuery extends ReadQuery {
  @Optional(momentText)
  readonly from?: string;

  @Optional(momentText)
  readonly to?: string;

  @Optional(wholeNumberText(2, POINTS_MAX))
  readonly points?: string;
}

/** The stretch that a validated query asks for; null: from the beginning, or to the head. */
export const stretchOf = ({
  from,
  to,
  points,
}: SeriesQuery): { readonly from: Moment | null; readonly to: Moment | null; readonly pointsMax: number } => ({
  from: from === undefined ? null : momentOf(from),
  to: to === undefined ? null : momentOf(to),
  pointsMax: points === undefined ? POINTS_DEFAULT : Number(points),
});
