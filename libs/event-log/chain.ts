import * as crypto from 'node:crypto';
import { LogCorrupt } from './faults.js';
import type { ChainHash, CommitWithEvents, Head, KeyDigest, ProposedEvent, RecordedCommit } from './log.js';

/**
 * The chain. `h(v) = SHA-256(h(v−1), every column of event v)`, and a commit seals its last event with its own columns:
 * `h = SHA-256(h(last), first, last, recordedAt, writer)`. Every field stands behind its length in UTF-8 bytes and a
 * colon, so no two lists of fields share their bytes. A timeline's number is left out: it differs between databases.
 */

const sha256 = (text: string): ChainHash => crypto.hash('sha256', text, 'hex') as ChainHash;

const field = (value: string | number): string => {
  const text = typeof value === 'number' ? String(value) : value;
  return `${Buffer.byteLength(text)}:${text}`;
};

/** h(0) of a timeline: covers the parent's genesis-to-fork chain, or nothing but this scheme's name for a root. */
export function genesisHash(
  parent: { readonly forkVersion: number; readonly hashAtFork: ChainHash } | null,
): ChainHash {
  return parent === null
    ? sha256(field('seed timeline 1'))
    : sha256(field('seed fork 1') + field(parent.forkVersion) + field(parent.hashAtFork));
}

/** h(v) from h(v−1) and the event at v. */
export function linkEvent(previous: ChainHash, version: number, event: ProposedEvent): ChainHash {
  return sha256(
    previous +
      field(version) +
      field(event.type) +
      field(event.schemaVersion) +
      field(event.atMs) +
      field(event.commandId) +
      field(event.actor) +
      field(event.data),
  );
}

/** The hash a commit stores, from h of its last event. */
export function sealCommit(lastLink: ChainHash, commit: Omit<RecordedCommit, 'hash'>): ChainHash {
  return sha256(
    lastLink +
      field(commit.firstVersion) +
      field(commit.lastVersion) +
      field(commit.recordedAtMs) +
      field(commit.writer),
  );
}
/** The first 32 bits of a link as a signed integer: what each event row keeps, so that a bad row is named exactly. */
export const linkCheck = (link: ChainHash): number => Number.parseInt(link.slice(0, 8), 16) | 0;

/** What appending these events to `head` makes of the chain: each event's check value and the new head. */
export function extendChain(
  head: Head,
  events: readonly ProposedEvent[],
  seal: { readonly recordedAtMs: number; readonly writer: string },
): { readonly head: Head; readonly checks: readonly number[] } {
  let link = head.hash;
  let version = head.version;
  const checks: number[] = [];
  for (const event of events) {
    version += 1;
    link = linkEvent(link, version, event);
    checks.push(linkCheck(link));
  }
  const hash = sealCommit(link, { firstVersion: head.version + 1, lastVersion: version, ...seal });
  return { head: { version, hash }, checks };
}

/** Passes from a parent's chain into a fork's. Throws `LogCorrupt` if the fork does not stand on that chain. */
function enterFork({ version, hash }: Head, genesis: ChainHash): Head {
  if (genesisHash({ forkVersion: version, hashAtFork: hash }) !== genesis) {
    throw new LogCorrupt(`the fork does not stand on its parent's version ${version}`, version);
  }
  return { version, hash: genesis };
}

/**
 * Checks that a commit as stored follows `previous`, and returns the head after it. Throws `LogCorrupt` with the version
 * of the first row that was changed, removed or put in; the commit's own record counts as its last version. Where its last
 * events were left out, the hash returned is the link at the last one that is there, and the commit's seal is not checked.
 */
export function checkCommit(previous: Head, { commit, enters, events, checks }: CommitWithEvents): Head {
  const start = enters === null ? previous : enterFork(previous, enters);
  let link = start.hash;
  let version = start.version;
  for (const [index, event] of events.entries()) {
    version += 1;
    if (event.version !== version) throw new LogCorrupt(`version ${version} is missing`, version);
    link = linkEvent(link, version, event);
    if (linkCheck(link) !== checks[index]) throw new LogCorrupt(`the event at version ${version} was changed`, version);
  }
  const { hash, ...sealed } = commit;
  if (version < sealed.lastVersion && events.length > 0) return { version, hash: link };
  const isWithin = start.version >= sealed.firstVersion;
  if (
    sealed.lastVersion !== version ||
    (!isWithin && sealed.firstVersion !== start.version + 1) ||
    sealCommit(link, sealed) !== hash
  ) {
    throw new LogCorrupt(`the commit that ends at version ${commit.lastVersion} was changed`, commit.lastVersion);
  }
  return { version, hash };
}

const DIGEST_CHARS = 32;

const digest128 = (text: string): string => sha256(text).slice(0, DIGEST_CHARS);

/** Digest under which an idempotency key is kept; `part` counts the stored pieces of one long batch, 0 otherwise. */
export const keyDigest = (of: { readonly principal: string; readonly key: string; readonly part: number }): KeyDigest =>
  digest128(field(of.principal) + field(of.key) + field(of.part)) as KeyDigest;

/** Digest of a request: `text` is method, route and body in a form that no release changes. */
export const requestDigest = (text: string): string => digest128(text);

/** The same digest of a text that is given in pieces. */
export class RequestDigest {
  readonly #hash = crypto.createHash('sha256');

  /** The next piece. */
  add(piece: string): void {
    this.#hash.update(piece);
  }

  /** 32 hexadecimal digits; nothing may be added any more. */
  end(): string {
    return this.#hash.digest('hex').slice(0, DIGEST_CHARS);
  }
}

/** Where every chain starts: the genesis of a root. */
export const genesisHead = (): Head => ({ version: 0, hash: genesisHash(null) });
