/** A rule of the economy that an event broke: a fault of the program or of the stored log, never of a client. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Assertions stay on: a broken rule must stop a command before anything of it is stored. */
export function invariant(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new InvariantViolation(message());
}
