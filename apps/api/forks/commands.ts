import type { ClockKind, Command, ForkStart, ForkTerms, JsonValue } from '#domain';
import { archivingReceipt, completionReceipt } from '#presentation';
import { commandKind, defined, ifGiven } from '../commands/command-kind.js';
import { Optional, OptionalNested, Required } from '../fields/field.js';
import type { InputErrors } from '../fields/read.js';
import * as rules from '../fields/rules.js';
import { object } from '../reference/schemas.js';
import { settingsOf, TimelineSettings } from '../timelines/commands.js';

const runsFrom = rules.described(
  rules.oneOf('fork', 'now'),
  'Of a wall clock: fork, the default, lets it run on from the time of the fork version, so that it stays behind by as ' +
    'much. now sets it to the present: the time between passes in the fork at once, its yield accrues and what expires ' +
    'in it closes.',
);

const confirmation = rules.described(
  rules.id(),
  'The name of the timeline once more. Needed where it is active or is no fork; whatever is given has to be its name.',
);

/** A fork of the timeline in the path. */
export class Fork {
  @Required(rules.id())
  readonly name!: string;

  /** A version at which a command ends, or a label; absent: the head. */
  @Optional(rules.place)
  readonly at?: number | { readonly label: string };

  /** Absent: virtual, standing at the fork's time. */
  @Optional(rules.oneOf('wall', 'virtual'))
  readonly clock?: ClockKind;

  /** For a wall clock alone. */
  @Optional(runsFrom)
  readonly runsFrom?: ForkStart;

  /** Those that change. */
  @OptionalNested(TimelineSettings)
  readonly settings?: TimelineSettings;

  @Optional(rules.reason)
  readonly reason?: string;
}

export const termsOf = ({ clock, runsFrom, settings, reason }: Fork): ForkTerms =>
  defined({ clock, runsFrom, settings: ifGiven(settings, settingsOf), reason });

export function checkFork({ clock, runsFrom }: Fork, errors: InputErrors): void {
  if (runsFrom !== undefined && clock !== 'wall') {
    errors.add('/runsFrom', 'must be absent unless clock is wall: a virtual clock stands at the fork’s time');
  }
}

class CompleteTimeline {
  /** What came of it, any JSON value. */
  @Optional(rules.jsonValue)
  readonly result?: JsonValue;
}

class ArchiveTimeline {}

/** The last commands of a timeline. No batch takes them: what comes after them in it could only be refused. */
export const completeTimeline = commandKind({
  dto: CompleteTimeline,
  toCommand: ({ result = null }): Extract<Command, { readonly type: 'CompleteTimeline' }> => ({
    type: 'CompleteTimeline',
    result,
  }),
  result: object({ status: { const: 'completed' }, result: {} }),
  receipt: completionReceipt,
});

export const archiveTimeline = commandKind({
  dto: ArchiveTimeline,
  toCommand: (): Extract<Command, { readonly type: 'ArchiveTimeline' }> => ({ type: 'ArchiveTimeline' }),
  result: object({ status: { const: 'archived' } }),
  receipt: archivingReceipt,
});

/** What a removal takes besides the timeline's name. */
export class RemovalQuery {
  @Optional(confirmation)
  readonly confirm?: string;
}

/** A label to be put on a version. */
export class NewLabel {
  @Required(rules.label)
  readonly label!: string;

  /** A version at which a command ends; absent: the head. */
  @Optional(rules.version)
  readonly version?: number;
}
