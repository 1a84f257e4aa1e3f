/** The database could not be asked; the call had no effect and never will have one. */
export class LogUnavailable extends Error {
  override readonly name: string = 'LogUnavailable';
}

/** The database answers, but all connections to it were in use; the call had no effect and never will have one. */
export class LogBusy extends LogUnavailable {
  override readonly name = 'LogBusy';
}

/** The database has no room for it; the call had no effect and never will have one. */
export class StorageFull extends LogUnavailable {
  override readonly name = 'StorageFull';
}

/** The database takes no writes: it is set so, or is a standby. The call had no effect and never will have one. */
export class LogReadOnly extends LogUnavailable {
  override readonly name = 'LogReadOnly';
}

/** A lock of somebody else was not given up in time. The call had no effect. */
export class LogLocked extends LogUnavailable {
  override readonly name = 'LogLocked';
}

/** Others changed the same rows at the same moment, and the database chose them. The call had no effect. */
export class LogConflict extends LogUnavailable {
  override readonly name = 'LogConflict';
}

/**
 * The database cannot hold what it was given: a character that its encoding lacks, a limit of its own. The call had no
 * effect, and the same again would have none.
 */
export class NotStorable extends Error {
  override readonly name = 'NotStorable';
}

/** The timeline was removed, or never was. */
export class TimelineGone extends Error {
  override readonly name = 'TimelineGone';
}

/** The connection broke around a commit and the outcome could not be found out before the deadline. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** Stored rows contradict each other or the chain; names where. */
export class LogCorrupt extends Error {
  override readonly name = 'LogCorrupt';
  constructor(
    message: string,
    readonly version: number,
  ) {
    super(message);
  }
}
