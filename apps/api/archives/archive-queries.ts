import type { Renaming } from '#archives';
import { Optional } from '../fields/field.js';
import type { FieldRule } from '../fields/rule.js';
import { id, oneOf } from '../fields/rules.js';

const name = id();
const yesOrNo = oneOf('true', 'false');

/** Old and new names of timelines; a name has no equals sign in it. */
const renaming: FieldRule = {
  words: 'OLD=NEW, both names of timelines; may be given repeatedly, once for each OLD',
  test: (value) => {
    const pairs = pairsIn(value);
    const isSound = pairs.every((pair) => pair.length === 2 && pair.every(name.test));
    return isSound && new Set(pairs.map(([from]) => from)).size === pairs.length;
  },
  schema: { type: 'string', examples: ['REALITY=YESTERDAY'] },
};

const pairsIn = (value: unknown): readonly (readonly string[])[] =>
  [value].flat().map((pair) => String(pair).split('='));

/** What to export; absent: all timelines. */
export class ExportQuery {
  @Optional(name)
  readonly timeline?: string;
}

/** How to name what is imported, and how much is believed of it. */
export class ImportQuery {
  @Optional(renaming)
  readonly rename?: string | readonly string[];

  /** Idempotency keys are imported too. */
  @Optional(yesOrNo)
  readonly withKeys?: 'true' | 'false';

  /** Histories that break a rule, or that this build cannot read, come in and are stopped. */
  @Optional(yesOrNo)
  readonly acceptStopped?: 'true' | 'false';
}

/** The names that a query gives: old to new. */
export const renamingOf = ({ rename }: ImportQuery): Renaming =>
  new Map(rename === undefined ? [] : (pairsIn(rename) as readonly (readonly [string, string])[]));
