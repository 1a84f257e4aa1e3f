import { GRACE_DEFAULT_MS, makeKey, rotateKey } from '#access';
import type { EventLog, StoredAccessKey } from '#event-log';
import {
  accessKeyProblem,
  accessKeyView,
  auditView,
  parseTime,
  type AccessKeyView,
  type AuditView,
} from '#presentation';
import { recorded, systemUser } from '../database/recorded.js';
import { problemFailure } from '../desk/problem-failure.js';
import { misused } from '../failure.js';
import type { AccessDesk, KeyToldOnce, KeyWish, RotationWish } from './access-desk.js';

const pageSize = 1_000;

/** The keys of a database. A server on it takes part in a change within a second or so. */
export class DatabaseAccess implements AccessDesk {
  readonly #log: EventLog;
  readonly #secret: string | undefined;
  readonly #reason: string | null;

  constructor({ log, secret, reason }: { log: EventLog; secret: string | undefined; reason: string | null }) {
    this.#log = log;
    this.#secret = secret;
    this.#reason = reason;
  }

  async keys(): Promise<readonly AccessKeyView[]> {
    const keys: StoredAccessKey[] = [];
    for (;;) {
      const page = await this.#log.access.listKeys({ after: keys.at(-1) ?? null, limit: pageSize });
      keys.push(...page);
      if (page.length < pageSize) return keys.map(accessKeyView);
    }
  }

  create(wish: KeyWish): Promise<KeyToldOnce> {
    const { name, role, agentId, timelines, expiresAt } = wish;
    const secret = this.#secretOrFail();
    const expiresAtMs = timeIn(expiresAt) ?? null;
    const scope = { role, agentId: agentId ?? null, timelines: timelines ?? null };
    const wanted = { ...scope, name, expiresAtMs, createdBy: systemUser() };
    return this.#recorded('CreateKey', name, async () => {
      const made = await makeKey(this.#log.access, secret, wanted);
      if (made.status !== 'created') throw problemFailure(accessKeyProblem(made.status));
      return { key: accessKeyView(made.key), text: made.text };
    });
  }

  rotate(keyId: string, { graceMs = GRACE_DEFAULT_MS, expiresAt }: RotationWish) {
    const secret = this.#secretOrFail();
    const expiresAtMs = timeIn(expiresAt);
    const wanted = { keyId, graceMs, createdBy: systemUser(), ...(expiresAtMs !== undefined && { expiresAtMs }) };
    return this.#recorded('RotateKey', keyId, async () => {
      const rotated = await rotateKey(this.#log.access, secret, wanted);
      if (rotated.status !== 'rotated') throw problemFailure(accessKeyProblem(rotated.status));
      return { key: accessKeyView(rotated.key), old: accessKeyView(rotated.old), text: rotated.text };
    });
  }

  revoke(keyId: string): Promise<AccessKeyView> {
    return this.#recorded('RevokeKey', keyId, async () => {
      const key = await this.#log.access.revokeKey(keyId);
      if (key === undefined) throw problemFailure(accessKeyProblem('unknown'));
      return accessKeyView(key);
    });
  }

  async audit(limit: number): Promise<readonly AuditView[]> {
    return (await this.#log.access.listActions({ beforeId: null, limit })).map(auditView);
  }

  #recorded<T>(action: string, target: string, act: () => Promise<T>): Promise<T> {
    return recorded(this.#log, { action, target, timeline: null, reason: this.#reason }, act);
  }

  /** @throws Failure `access-open` */
  #secretOrFail(): string {
    if (this.#secret !== undefined) return this.#secret;
    throw misused(
      'access-open',
      'ACCESS_SECRET is not set, and keys are kept under it: set it to what `openssl rand -base64 32` prints, for the server too.',
    );
  }
}

const timeIn = (text: string | undefined): number | undefined => (text === undefined ? undefined : parseTime(text));
