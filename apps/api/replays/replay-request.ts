import { Optional, Required } from '../fields/field.js';
import { id, oneOf, version } from '../fields/rules.js';

/** A replay to be made. */
export class ReplayRequest {
  @Required(id())
  readonly timeline!: string;

  @Required(oneOf('verify', 'rebuild'))
  readonly mode!: 'verify' | 'rebuild';

  /** Where a verification ends; the head where it is not given. */
  @Optional(version)
  readonly to?: number;
}
