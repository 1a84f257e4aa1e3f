import type { Command, CommandType } from '#domain';
import type { PresentedFact } from '#presentation';
import type { Dto } from '../fields/field.js';
import { readFields, type InputErrors } from '../fields/read.js';
import type { JsonSchema } from '../fields/rule.js';

/** Commands that clients give by name: not a timeline's first and last ones, nor the system's ticks. */
export type ClientCommandType = Exclude<
  CommandType,
  'ArchiveTimeline' | 'CompleteTimeline' | 'CreateTimeline' | 'ImportLegacy' | 'PayScheduledYield'
>;

/** How one command is read from a request and what its reply shows. */
export interface CommandKind {
  /** The route's parameters and body taken together. */
  readonly dto: Dto;
  /** 201 where something new can be addressed afterwards. */
  readonly status: 200 | 201;
  /** The command, or undefined when something is wrong, which is then in `errors`. */
  read(given: unknown, into: { readonly pointer: string; readonly errors: InputErrors }): Command | undefined;
  /** JSON schema of the receipt. */
  readonly result: JsonSchema;
  /** What the command came to, from its own events; it has none when there was nothing to do. */
  receipt(events: readonly PresentedFact[], command: Command): object;
}

export function commandKind<Values extends object, Own extends Command>(kind: {
  readonly dto: Dto<Values>;
  readonly status?: 201;
  readonly toCommand: (values: Values) => Own;
  /** What the route cannot say field by field, such as two fields that exclude each other. */
  readonly check?: (values: Values, complain: (field: string, detail: string) => void) => void;
  readonly result: JsonSchema;
  readonly receipt: (events: readonly PresentedFact[], command: Own) => object;
}): CommandKind {
  return {
    dto: kind.dto,
    status: kind.status ?? 200,
    read(given, { pointer, errors }) {
      const values = readFields(kind.dto, given, { pointer, errors });
      if (values === undefined) return undefined;
      const before = errors.count;
      kind.check?.(values, (field, detail) => errors.add(`${pointer}/${field}`, detail));
      return errors.count === before ? kind.toCommand(values) : undefined;
    },
    result: kind.result,
    receipt: (events, command) => kind.receipt(events, command as Own),
  };
}

/** The data of the first event of a type among a command's own; undefined where there was nothing to do. */
export const dataOf = (events: readonly PresentedFact[], type: string): PresentedFact['data'] | undefined =>
  events.find((event) => event.type === type)?.data;

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** Fields without those that are undefined: an optional field of a command is absent, never undefined. */
export function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  const there: Defined<Fields> = { ...fields };
  for (const name of Object.keys(fields) as (keyof Fields)[]) if (fields[name] === undefined) delete there[name];
  return there;
}

/** Converts a value that may be absent. */
export const ifGiven = <Given, Converted>(value: Given | undefined, convert: (value: Given) => Converted) =>
  value === undefined ? undefined : convert(value);
