import type { ExpectedHash } from './contract.js';

const PATTERN = /^([1-9][0-9]{0,15}):([0-9a-f]{64})$/i;

/** `VERSION:HASH`, as a client noted them at some time: the hash as 64 hexadecimal digits. Undefined for any other text. */
export function parseExpectedHash(text: string): ExpectedHash | undefined {
  const [, version, hash] = PATTERN.exec(text) ?? [];
  if (hash === undefined || !Number.isSafeInteger(Number(version))) return undefined;
  return { version: Number(version), hash: hash.toLowerCase() };
}
