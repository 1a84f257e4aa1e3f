/** The embedded server cannot be started or found. Its message is one sentence for the operator. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** There is no room on its disk; later there may be. */
export class NoRoomError extends EmbeddedPostgresError {}
