import { Optional, Required } from '../fields/field.js';
import { oneOf } from '../fields/rules.js';
import { ReadQuery, versionText } from '../http/pages.js';
import { momentText } from './moment.js';

/** A read of the state at a moment; the head where none is given. */
export class PastQuery extends ReadQuery {
  @Optional(momentText)
  readonly at?: string;
}

/** `full` streams all of it. */
export class StateQuery extends PastQuery {
  @Optional(oneOf('true', 'false'))
  readonly full?: string;
}

/** Which event to look at. */
export class StepQuery extends ReadQuery {
  @Required(versionText)
  readonly version!: string;
}
