/** What is said of a text that is no JSON. */
export const NOT_JSON = 'must be JSON';

/** Why a JSON text is not taken: its message follows what the text is called, such as "The body". */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';

  /** @param pointer Leads to the field of the outermost object, or to the element of its list, that the fault is in. */
  constructor(
    message: string,
    readonly pointer = '',
  ) {
    super(message);
  }
}
