import type { AccessScope, AccessStore, StoredAccessKey } from '#event-log';
import { keyHmac, mintKey } from './key-text.js';

/** Keys that may be in force at once: every process holds them in memory and reads them each second. */
const KEYS_IN_FORCE_MAX = 1_000;

/** How long an old key goes on beside its successor unless somebody says otherwise, ms. */
export const GRACE_DEFAULT_MS = 86_400_000;
/** How long it may go on at most, ms. */
export const GRACE_MAX_MS = 30 * 86_400_000;

/** An access key to be made. */
export interface NewKey extends AccessScope {
  readonly name: string;
  /** Who makes it. */
  readonly createdBy: string;
  readonly expiresAtMs: number | null;
}

/** What came of making a key; the text is told this once and is nowhere afterwards. */
export type KeyMade =
  { readonly status: 'created'; readonly key: StoredAccessKey; readonly text: string } | { readonly status: 'full' };

/** What came of rotating one. */
export type KeyRotated =
  | { readonly status: 'rotated'; readonly key: StoredAccessKey; readonly old: StoredAccessKey; readonly text: string }
  | { readonly status: 'unknown' | 'ended' };

/** Makes a key, and stores what proves it. */
export async function makeKey(store: AccessStore, secret: string, wanted: NewKey): Promise<KeyMade> {
  const { keyId, text } = mintKey();
  const hmac = keyHmac(secret, text).toString('hex');
  const status = await store.createKey({ ...wanted, keyId, hmac }, KEYS_IN_FORCE_MAX);
  if (status === 'full') return { status };
  return { status, key: await stored(store, keyId), text };
}

/** Makes the successor of a key, which goes on for `graceMs`. */
export async function rotateKey(
  store: AccessStore,
  secret: string,
  wanted: {
    readonly keyId: string;
    readonly createdBy: string;
    /** Absent: the successor lives for as long as the old key was meant to. */
    readonly expiresAtMs?: number | null;
    readonly graceMs: number;
  },
): Promise<KeyRotated> {
  const { keyId: oldId, createdBy, graceMs } = wanted;
  const before = await store.findKey(oldId);
  if (before === undefined) return { status: 'unknown' };
  const lifetimeMs = before.expiresAtMs === null ? null : before.expiresAtMs - before.createdAtMs;
  const { expiresAtMs = lifetimeMs === null ? null : Date.now() + lifetimeMs } = wanted;
  const { keyId, text } = mintKey();
  const hmac = keyHmac(secret, text).toString('hex');
  const status = await store.rotateKey(oldId, { keyId, hmac, createdBy, expiresAtMs }, graceMs);
  if (status !== 'rotated') return { status };
  return { status, key: await stored(store, keyId), old: await stored(store, oldId), text };
}

async function stored(store: AccessStore, keyId: string): Promise<StoredAccessKey> {
  const key = await store.findKey(keyId);
  if (key === undefined) throw new Error(`access key ${keyId} was stored and is not there`);
  return key;
}
