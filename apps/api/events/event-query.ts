import { EVENT_SHAPES } from '#domain';
import { Optional } from '../fields/field.js';
import type { FieldRule } from '../fields/rule.js';
import { ListQuery, versionText } from '../http/pages.js';

const EVENT_TYPES = Object.keys(EVENT_SHAPES);

/** Types of events, separated by commas or given repeatedly. */
const eventTypes: FieldRule = {
  words: `one or more of ${EVENT_TYPES.join(', ')}, separated by commas`,
  test: (value) => typesIn(value).length > 0 && typesIn(value).every((type) => EVENT_TYPES.includes(type)),
  schema: { type: 'string', examples: ['BetPlaced,SharesSold'] },
};

const typesIn = (value: unknown): readonly string[] => [value].flat().flatMap((text) => String(text).split(','));

export class ListEventsQuery extends ListQuery {
  /** Exclusive: the first event is the next one. */
  @Optional(versionText)
  readonly after?: string;

  @Optional(eventTypes)
  readonly type?: string;
}

export class StreamEventsQuery {
  @Optional(versionText)
  readonly after?: string;

  @Optional(eventTypes)
  readonly type?: string;
}

/** The types that a query asks for; undefined for all. */
export const typesOf = ({ type }: { readonly type?: string }): readonly string[] | undefined =>
  type === undefined ? undefined : typesIn(type);
