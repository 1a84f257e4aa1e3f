/** Where in an archive something is. */
export interface ArchivePlace {
  /** Number of the line, the first being 1. */
  readonly line: number;
  /** The timeline that the line belongs to; null outside of timelines. */
  readonly timeline: string | null;
  /** The version that the line is about; null where it is about none. */
  readonly version: number | null;
}

/** An archive is cut off, was altered, or is none. Says where. */
export class ArchiveDamaged extends Error implements ArchivePlace {
  override readonly name = 'ArchiveDamaged';
  readonly line: number;
  readonly timeline: string | null;
  readonly version: number | null;

  constructor(what: string, { line, timeline, version }: ArchivePlace, cause?: unknown) {
    super(`${placeInWords({ line, timeline, version })}: ${what}`, { cause });
    this.line = line;
    this.timeline = timeline;
    this.version = version;
  }
}

function placeInWords({ line, timeline, version }: ArchivePlace): string {
  const where = [`line ${line}`];
  if (timeline !== null) where.push(`timeline ${timeline}`);
  if (version !== null) where.push(`version ${version}`);
  return where.join(', ');
}
