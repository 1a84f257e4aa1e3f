import { readLegacyFiles, type Command, type LegacyFile, type LegacyProblem } from '#domain';
import { Optional, Required } from '../fields/field.js';
import { isPlainObject, readFields, type InputErrors } from '../fields/read.js';
import type { FieldRule } from '../fields/rule.js';
import { id, oneOf, wholeNumber } from '../fields/rules.js';
import { ProblemError } from '../problems/problem-error.js';

const FILES_MAX = 10_000;
/** A file's problems are told up to so many. */
const PROBLEMS_MAX = 100;

const files: FieldRule = {
  words: `an object of at most ${FILES_MAX} files: name to text`,
  test: (value) =>
    isPlainObject(value) &&
    Object.keys(value).length <= FILES_MAX &&
    Object.values(value).every((text) => typeof text === 'string'),
  schema: { type: 'object', additionalProperties: { type: 'string' } },
};

/** A directory of the replaced system, to be read into a new timeline. */
export class LegacyImport {
  @Required(id())
  readonly timeline!: string;

  @Optional(oneOf('wall', 'virtual'))
  readonly clock?: 'wall' | 'virtual';

  /** Of the times in the files that name no offset, east of Greenwich. */
  @Optional(wholeNumber(-1_440, 1_440))
  readonly utcOffsetMinutes?: number;

  /** Every .json file of the directory, by its name. */
  @Required(files)
  readonly files!: Readonly<Record<string, string>>;
}

/** The new timeline's name and its first commands. @throws ProblemError `malformed-input`, `import-invalid` */
export function readLegacyImport(
  body: unknown,
  errors: InputErrors,
): { readonly timeline: string; readonly commands: readonly Command[] } {
  const input = readFields(LegacyImport, body, { pointer: '', errors });
  errors.throwIfAny();
  const { timeline = '', clock = 'wall', utcOffsetMinutes = 0, files: texts = {} } = { ...input };
  const given = Object.entries(texts).map(([name, text]): LegacyFile => ({ name, text }));
  const reading = readLegacyFiles(given, { utcOffsetMinutes });
  if ('problems' in reading) throw invalidFiles(reading.problems);
  return { timeline, commands: [{ type: 'CreateTimeline', clock }, reading.command] };
}

function invalidFiles(problems: readonly LegacyProblem[]): ProblemError {
  const errors = problems.slice(0, PROBLEMS_MAX).map(({ file, detail }) => ({ pointer: filePointer(file), detail }));
  const [first] = problems;
  return new ProblemError('import-invalid', `${first?.file ?? ''} ${first?.detail ?? ''}`.trim(), { errors });
}

const filePointer = (file: string): string =>
  file === '' ? '/files' : `/files/${file.replaceAll('~', '~0').replaceAll('/', '~1')}`;
