import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isInScope } from '#access';
import type { AccessStore } from '#event-log';
import type { Settings } from '#settings';
import { ProblemError } from '../problems/problem-error.js';
import { AccessKeys } from './access-keys.js';
import { ANONYMOUS, type Principal } from './principal.js';
import { Tokens } from './tokens.js';

const BEARER = /^Bearer ([\x21-\x7e]{1,8192})$/i;
const MAX_TIMER_MS = 2_147_483_647;

/** Never aborted. */
const ENDLESS = new AbortController().signal;

/** Who asks. Without ACCESS_SECRET everybody is let in as `anonymous`, who may do everything. */
export class Access {
  /** What keys are stored under; null where the server is not protected. */
  readonly secret: string | null;
  readonly #keys: AccessKeys | null;
  readonly #tokens: Tokens | null;

  constructor({ accessSecret, adminKey, jwtIssuer, jwtAudience, jwtJwksUrl }: Settings, log: Logger) {
    this.secret = accessSecret ?? null;
    this.#keys = accessSecret === undefined ? null : new AccessKeys({ secret: accessSecret, adminKey, log });
    this.#tokens =
      jwtIssuer === undefined || jwtAudience === undefined || jwtJwksUrl === undefined
        ? null
        : new Tokens({ issuer: jwtIssuer, audience: jwtAudience, jwksUrl: jwtJwksUrl });
  }

  get isProtected(): boolean {
    return this.#keys !== null;
  }

  /** Reads the keys; before that none of the database's is known. @throws LogUnavailable */
  async start(store: AccessStore): Promise<void> {
    await this.#keys?.start(store);
  }

  /** To be called when this process has changed a key. It took effect in any case, here within a second at the latest. */
  async keysChanged(): Promise<void> {
    await this.#keys?.reread().catch(() => undefined);
  }

  close(): void {
    this.#keys?.close();
  }

  /**
   * Who asks; undefined where that is not known. Only a token has to be waited for.
   *
   * @throws ProblemError `starting`, `issuer-unavailable`
   */
  principalFor({ headers }: Pick<FastifyRequest, 'headers'>): Principal | undefined | Promise<Principal | undefined> {
    if (this.#keys === null) return ANONYMOUS;
    const text = BEARER.exec(headers.authorization ?? '')?.[1];
    if (text === undefined) return undefined;
    if (!text.startsWith('seed_')) return this.#tokens?.find(text);
    const principal = this.#keys.find(text);
    if (principal === undefined && !this.#keys.isStarted) {
      throw new ProblemError('starting', 'The server is starting; ask again in a moment.');
    }
    return principal;
  }

  /** For a route that everybody may ask, and that shows some more of a timeline: whether a key was sent that is for it. */
  mayRead({ headers }: Pick<FastifyRequest, 'headers'>, timeline: string): boolean {
    if (this.#keys === null) return true;
    const text = BEARER.exec(headers.authorization ?? '')?.[1];
    const principal = text === undefined ? undefined : this.#keys.find(text);
    return principal !== undefined && isInScope(principal.timelines, timeline);
  }

  /** Aborted when the right that the request was let in by has ended: within a second or so. */
  endOf({ principal }: FastifyRequest): AbortSignal {
    if (principal === null) return ENDLESS;
    const { keyId, expiresAtMs } = principal;
    if (keyId !== null) return this.#keys?.endOf(keyId) ?? ENDLESS;
    return expiresAtMs === null ? ENDLESS : AbortSignal.timeout(timerMs(expiresAtMs - Date.now()));
  }
}

const timerMs = (ms: number): number => Math.min(Math.max(Math.ceil(ms), 0), MAX_TIMER_MS);
