import type { Renaming } from '#archives';
import { Optional } from '../fields/field.js';
import type { FieldRule } from '../fields/rule.js';
import { id } from '../fields/rules.js';

const name = id();

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

/** How to name what is imported. */
export class ImportQuery {
  @Optional(renaming)
  readonly rename?: string | readonly string[];
}

/** The names that a query gives: old to new. */
export const renamingOf = ({ rename }: ImportQuery): Renaming =>
  new Map(rename === undefined ? [] : (pairsIn(rename) as readonly (readonly [string, string])[]));
