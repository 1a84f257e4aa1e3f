import { formatTime } from '#presentation';
import type { Followed, Series } from '#runtime';
import type { Boot } from '../boot.js';
import type { Answer, ReadTarget } from '../queries/answer.js';
import type { JsonSchema } from '../fields/rule.js';
import { instant, listOf, object, whole, words, yesOrNo } from '../reference/schemas.js';
import { reached } from '../states/read-past.js';
import { stretchOf, type SeriesQuery } from './series-query.js';

/** How something changed over a stretch of versions. */
export interface SeriesView<Point> {
  readonly timeline: string;
  readonly from: number;
  readonly to: number;
  /** Points before sampling. */
  readonly total: number;
  /** Whether some are left out; of each bucket of versions the first, lowest, highest and last are there. */
  readonly sampled: boolean;
  readonly points: readonly ({ readonly version: number; readonly at: string } & Point)[];
}

/** What a reply with a series looks like. */
export const seriesSchema = (
  about: Readonly<Record<string, JsonSchema>>,
  point: Readonly<Record<string, JsonSchema>>,
) =>
  object({
    timeline: words,
    ...about,
    from: whole,
    to: whole,
    total: whole,
    sampled: yesOrNo,
    points: listOf(object({ version: whole, at: instant, ...point })),
  });

/** A stretch of history to plot, and whoever waits for it. */
export interface SeriesTarget extends ReadTarget {
  readonly query: SeriesQuery;
  readonly signal: AbortSignal;
}

/** The series with its points shown; undefined where what it is about never was there. */
export async function readSeries<Value, Point>(
  boot: Boot,
  { timeline, options, query, signal, client }: SeriesTarget,
  { followed, show }: { readonly followed: Followed<Value>; readonly show: (value: Value) => Point },
): Promise<Answer<SeriesView<Point>> | undefined> {
  await reached(boot, { timeline, options });
  const request = { followed, ...stretchOf(query) };
  const series = await boot.runtime.past.series(timeline, request, { signal, client });
  return series && { body: seriesView(timeline, series, show), version: series.to, staleMs: null };
}

const seriesView = <Value, Point>(
  timeline: string,
  { from, to, total, sampled, points }: Series<Value>,
  show: (value: Value) => Point,
): SeriesView<Point> => ({
  timeline,
  from,
  to,
  total,
  sampled,
  points: points.map(({ version, atMs, value }) => ({ version, at: formatTime(atMs), ...show(value) })),
});
