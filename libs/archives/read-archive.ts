import { ArchiveDamaged, type ArchivePlace } from './archive-damaged.js';
import { Contents } from './contents.js';
import { decodeLine, NotOfThatShape, type Decoded } from './decode.js';
import { readLines, type ArchiveSource, type Line, type ReadLimits } from './read-lines.js';

/** One line of an archive, read, with its place. */
export type ArchiveRecord = Decoded & { readonly place: ArchivePlace };

/**
 * Reads an archive line by line in constant memory. Each line is of its shape and in its order; that nothing was changed is
 * known only at the end, when the SHA-256 has been compared. Throws `ArchiveDamaged`, `ArchiveTooLarge`, and what the source
 * throws.
 */
export async function* readArchive(source: ArchiveSource, limits?: ReadLimits): AsyncGenerator<ArchiveRecord> {
  const contents = new Contents();
  for await (const line of readLines(source, () => contents.whereabouts, limits)) {
    yield recordOf(line, contents);
  }
}

function recordOf(line: Line, contents: Contents): ArchiveRecord {
  const before = contents.whereabouts;
  try {
    const decoded = decodeLine(line.text);
    const place = { line: line.number, ...before, ...ownPlace(decoded) };
    contents.accept(decoded, line);
    return { ...decoded, place };
  } catch (error) {
    if (!(error instanceof NotOfThatShape)) throw error;
    throw new ArchiveDamaged(error.message, { line: line.number, ...before });
  }
}

const ownPlace = (decoded: Decoded): Partial<ArchivePlace> =>
  decoded.kind === 'timeline' ? { timeline: decoded.name, version: null } : {};
