import type { ArchiveManifest } from '#archives';

/** The timelines of an archive, for programs. */
export const headFacts = ({ timelines }: ArchiveManifest) =>
  timelines.map(({ name, parent, head }) => ({
    timeline: name,
    version: head.version,
    chainHash: head.hash,
    expect: expectation(head),
    parent: parent && { name: parent.name, version: parent.forkVersion },
  }));

/** A line for each timeline, with its head as `seed verify --expect` takes it. */
export const headLines = ({ timelines }: ArchiveManifest): readonly string[] =>
  timelines.map(({ name, head }) => `  ${name}  ${expectation(head)}`);

const expectation = ({ version, hash }: { readonly version: number; readonly hash: string }): string =>
  `${version}:${hash}`;

/** As people read it: `12.3 MB`. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1_000 ** power).toFixed(1)} ${units[power] ?? ''}`;
}
