import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Fingerprint of a reducer: SHA-256 over the built domain's files, by name. Another build's snapshots do not count. */
export async function reducerFingerprint(domainDirectory: string): Promise<string> {
  const entries = await readdir(domainDirectory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && /\.(js|ts)$/.test(entry.name) && !/\.(test|d)\.[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${relative(domainDirectory, file)}:${content.length}:`);
    hash.update(content);
  }
  return hash.digest('hex').slice(0, 32);
}
