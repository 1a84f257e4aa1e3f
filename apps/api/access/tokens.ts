import { createHash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { faultOfScope, ROLES } from '#access';
import type { AccessRole, AccessScope } from '#event-log';
import { ProblemError } from '../problems/problem-error.js';
import { issuerKeys } from './issuer-keys.js';
import { accessNames } from './names.js';
import type { Principal } from './principal.js';

/** Only signatures that the issuer alone can make: with a shared secret, whoever can check a token can also forge one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_TOLERANCE_SECONDS = 5;
/** A token that was checked is not checked again for so long: a key that the issuer withdraws counts that much longer. */
const REMEMBERED_MS = 60_000;
const REMEMBERED_MAX = 1_000;
/** What is longer is not read. */
const TOKEN_CHARS_MAX = 8_192;
const SUBJECT = /^[\x21-\x7e]{1,200}$/;

/** Where tokens come from, and for whom they are. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
}

/** Checks JSON Web Tokens by the keys that their issuer publishes. */
export class Tokens {
  readonly #issuer: TokenIssuer;
  readonly #keys: JWTVerifyGetKey;
  /** By the digest of the token, never by itself; the oldest first. */
  readonly #remembered = new Map<string, { readonly principal: Principal; readonly untilMs: number }>();

  constructor(issuer: TokenIssuer) {
    this.#issuer = issuer;
    this.#keys = issuerKeys(issuer.jwksUrl);
  }

  /** Whose token this is; undefined for one that is not good. @throws ProblemError `issuer-unavailable` */
  async find(token: string): Promise<Principal | undefined> {
    if (token.length > TOKEN_CHARS_MAX) return undefined;
    const digest = createHash('sha256').update(token).digest('base64');
    const remembered = this.#remembered.get(digest);
    if (remembered !== undefined && remembered.untilMs > Date.now()) return remembered.principal;
    const principal = await this.#verified(token);
    if (principal !== undefined) this.#remember(digest, principal);
    return principal;
  }

  async #verified(token: string): Promise<Principal | undefined> {
    const { issuer, audience } = this.#issuer;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      });
      return principalIn(payload);
    } catch (error) {
      if (isAboutTheToken(error)) return undefined;
      throw new ProblemError('issuer-unavailable', 'The keys of the issuer of tokens cannot be had.');
    }
  }

  #remember(digest: string, principal: Principal): void {
    if (this.#remembered.size >= REMEMBERED_MAX) {
      const [oldest = ''] = this.#remembered.keys();
      this.#remembered.delete(oldest);
    }
    const untilMs = Math.min(Date.now() + REMEMBERED_MS, principal.expiresAtMs ?? 0);
    this.#remembered.delete(digest);
    this.#remembered.set(digest, { principal, untilMs });
  }
}

/** Anything else is about the issuer's keys: they did not come, or were not what they have to be. */
function isAboutTheToken(error: unknown): boolean {
  const { JWKSTimeout, JWKSInvalid, JOSEError } = errors;
  // What jose says of a reply that is no JWKS at all is a plain JOSEError.
  if (error instanceof JWKSTimeout || error instanceof JWKSInvalid) return false;
  return error instanceof JOSEError && error.code !== 'ERR_JOSE_GENERIC';
}

/** Undefined where a claim is not what it has to be. */
function principalIn(payload: JWTPayload): Principal | undefined {
  const { exp, seed_role: role, seed_agent: agentId = null, seed_timelines: timelines } = payload;
  // Whoever signs may write anything there; a number would be the subject of its digits.
  const sub: unknown = payload.sub;
  const scope = { role, agentId, timelines: timelinesIn(timelines, role) } as AccessScope;
  const isWellFormed =
    exp !== undefined &&
    typeof sub === 'string' &&
    SUBJECT.test(sub) &&
    (ROLES as readonly unknown[]).includes(role) &&
    (agentId === null || typeof agentId === 'string') &&
    (scope.timelines === null || Array.isArray(scope.timelines));
  if (!isWellFormed || faultOfScope(scope) !== undefined) return undefined;
  return { ...scope, name: accessNames.token(sub), keyId: null, expiresAtMs: exp * 1_000 };
}

/** All timelines are had by saying so: a claim that was forgotten gives none. An admin has them all. */
function timelinesIn(claim: unknown, role: unknown): unknown {
  if (claim === '*' || (claim === undefined && role === ('admin' satisfies AccessRole))) return null;
  return claim ?? [];
}
