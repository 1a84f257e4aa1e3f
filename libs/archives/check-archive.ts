import { ArchiveDamaged } from './archive-damaged.js';
import { Chains } from './check-chains.js';
import { countEvents, type OnEvents } from './count-events.js';
import { NotOfThatShape } from './decode.js';
import type { ArchiveManifest } from './manifest.js';
import { readArchive, type ArchiveRecord } from './read-archive.js';
import type { ArchiveSource } from './read-lines.js';

/** The manifest of an archive that was checked, and the SHA-256 of its lines, by which it can be told again. */
export interface CheckedArchive extends ArchiveManifest {
  readonly sha256: string;
}

/**
 * Reads all of an archive in constant memory and checks that it is whole and unchanged: the compression, the shape and order
 * of every line, the SHA-256 of the last one, and the hash chain of every timeline from its genesis to the manifest's head.
 * Throws `ArchiveDamaged` with the place, and what the source throws.
 */
export async function checkArchive(
  source: ArchiveSource,
  { onEvents }: { readonly onEvents?: OnEvents } = {},
): Promise<CheckedArchive> {
  let checked: { readonly manifest: ArchiveManifest; readonly chains: Chains } | undefined;
  let sha256 = '';
  for await (const record of countEvents(readArchive(source), onEvents)) {
    if (record.kind === 'manifest') checked = { manifest: record.manifest, chains: new Chains(record.manifest) };
    else if (record.kind === 'end') ({ sha256 } = record);
    else if (checked !== undefined) follow(checked.chains, record);
  }
  if (checked === undefined) throw new TypeError('an archive without a manifest was read to its end');
  return { ...checked.manifest, sha256 };
}

function follow(chains: Chains, record: ArchiveRecord): void {
  try {
    if (record.kind === 'timeline') chains.begin(record.name);
    if (record.kind === 'commit') chains.add(record.commit, record.events);
  } catch (error) {
    if (!(error instanceof NotOfThatShape)) throw error;
    throw new ArchiveDamaged(error.message, record.place);
  }
}
