/** Where in an archive something is. */
export interface ArchivePlace {
  /** Number of the line, the first being 1. */
  readonly line: number;
  /** The timeline that the line belongs to; null outside of timelines. */
  readonly timeline: string | null;
  /** The version that the line is about; null where it is about none. */
  readonly version: number | null;
}

/** Something is wrong with an archive. Its message says where, and what. */
abstract class ArchiveFault extends Error implements ArchivePlace {
  readonly line: number;
  readonly timeline: string | null;
  readonly version: number | null;

  constructor(
    readonly what: string,
    { line, timeline, version }: ArchivePlace,
    cause?: unknown,
  ) {
    super(`${placeInWords({ line, timeline, version })}: ${what}`, { cause });
    this.line = line;
    this.timeline = timeline;
    this.version = version;
  }
}

/** An archive is cut off, was altered, or is none. */
export class ArchiveDamaged extends ArchiveFault {
  override readonly name = 'ArchiveDamaged';
}

/** An archive is whole and holds what no log may hold: a history that breaks a rule, or what this build cannot read. */
export class ArchiveUnsound extends ArchiveFault {
  override readonly name = 'ArchiveUnsound';
}

/** An archive, or a line of it, is larger than its reader takes. */
export class ArchiveTooLarge extends Error {
  override readonly name = 'ArchiveTooLarge';
}

export function placeInWords({ line, timeline, version }: ArchivePlace): string {
  const where = [`line ${line}`];
  if (timeline !== null) where.push(`timeline ${timeline}`);
  if (version !== null) where.push(`version ${version}`);
  return where.join(', ');
}
