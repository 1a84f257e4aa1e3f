import type { Logger } from 'pino';
import { isSameHmac, keyHmac, keyIdOf } from '#access';
import { LogUnavailable, type AccessStore, type StoredAccessKey } from '#event-log';
import { accessNames } from './names.js';
import type { Principal } from './principal.js';

/** How long a change of keys may take to reach a process that did not make it, and a stream whose key has ended. */
const REREAD_EVERY_MS = 1_000;

const NOBODYS_HMAC = Buffer.alloc(32);

interface HeldKey {
  readonly principal: Principal;
  readonly hmac: Buffer;
}

/**
 * The access keys in force, in memory: no request waits for the database. They are read again each second, and at once
 * where this process changed them; while the database is away, what was read last goes on to count.
 */
export class AccessKeys {
  readonly #secret: string;
  readonly #log: Logger;
  /** What the settings bring: it is there before the database, and no row of it ends it. */
  readonly #given: ReadonlyMap<string, HeldKey>;
  #keys: ReadonlyMap<string, HeldKey>;
  /** By the id of the key. */
  readonly #ends = new Map<string, AbortController>();
  #store: AccessStore | null = null;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** The database's clock at a moment of this process's, so that a key ends in time on a machine whose clock is wrong. */
  #clock = { databaseMs: Date.now(), atMs: performance.now() };

  constructor({ secret, adminKey, log }: { secret: string; adminKey: string | undefined; log: Logger }) {
    this.#secret = secret;
    this.#log = log;
    this.#given = new Map(adminKey === undefined ? [] : [givenKey(secret, adminKey)]);
    this.#keys = this.#given;
  }

  /** Reads the keys, and goes on doing so. @throws LogUnavailable */
  async start(store: AccessStore): Promise<void> {
    this.#store = store;
    await this.reread();
    this.#timer = setInterval(() => {
      this.#rereadInTime();
    }, REREAD_EVERY_MS);
    this.#timer.unref();
  }

  get isStarted(): boolean {
    return this.#store !== null;
  }

  /** Reads the keys as they are now: whoever changed one calls this. @throws LogUnavailable */
  reread(): Promise<void> {
    // One behind the other, so that an older reading never comes after a newer one.
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  /** Whose key this is; undefined for any text that is no key in force. */
  find(text: string): Principal | undefined {
    const keyId = keyIdOf(text);
    if (keyId === undefined) return undefined;
    const held = this.#keys.get(keyId);
    // Computed for an id that nobody has as well, so that the time it takes tells nothing of ids.
    const isTheirs = isSameHmac(keyHmac(this.#secret, text), held?.hmac ?? NOBODYS_HMAC);
    return held === undefined || !isTheirs || this.#hasEnded(held) ? undefined : held.principal;
  }

  /** Aborted within a second or so after the key has ended. */
  endOf(keyId: string): AbortSignal {
    const end = this.#ends.get(keyId) ?? new AbortController();
    this.#ends.set(keyId, end);
    return end.signal;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #rereadInTime(): void {
    this.#endStreams();
    this.reread().catch((error: unknown) => {
      if (!(error instanceof LogUnavailable)) this.#log.error({ err: error }, 'The access keys could not be read.');
    });
  }

  async #read(): Promise<void> {
    if (this.#store === null) return;
    const atMs = performance.now();
    const { keys, databaseTimeMs } = await this.#store.keysInForce();
    this.#clock = { databaseMs: databaseTimeMs, atMs };
    this.#keys = new Map([...keys.map(heldKey), ...this.#given]);
    this.#endStreams();
  }

  #endStreams(): void {
    for (const [keyId, end] of this.#ends) {
      const held = this.#keys.get(keyId);
      if (held !== undefined && !this.#hasEnded(held)) continue;
      this.#ends.delete(keyId);
      end.abort();
    }
  }

  #hasEnded({ principal: { expiresAtMs } }: HeldKey): boolean {
    const { databaseMs, atMs } = this.#clock;
    return expiresAtMs !== null && expiresAtMs <= databaseMs + performance.now() - atMs;
  }
}

function heldKey(key: StoredAccessKey): [string, HeldKey] {
  const { keyId, principal, role, agentId, timelines, expiresAtMs, hmac } = key;
  const held = { name: accessNames.key(principal), role, agentId, timelines, keyId, expiresAtMs };
  return [keyId, { principal: held, hmac: Buffer.from(hmac, 'hex') }];
}

function givenKey(secret: string, text: string): [string, HeldKey] {
  const keyId = keyIdOf(text) ?? '';
  const name = accessNames.key(keyId);
  const principal = { name, role: 'admin', agentId: null, timelines: null, keyId, expiresAtMs: null } as const;
  return [keyId, { principal, hmac: keyHmac(secret, text) }];
}
