/** What an access key allows at most; each role may do what the ones before it may. */
export type AccessRole = 'reader' | 'agent' | 'operator' | 'admin';

/** What a key may do, wherever it may do it. */
export interface AccessScope {
  readonly role: AccessRole;
  /** The only agent that the key acts for; null unless the role is `agent`. */
  readonly agentId: string | null;
  /** Names of timelines, or beginnings of names with `*` behind them; null: all. Always null for an admin. */
  readonly timelines: readonly string[] | null;
}

/** An access key to be stored. Its text is known to nobody but its holder. */
export interface NewAccessKey extends AccessScope {
  readonly keyId: string;
  /** What people call it. */
  readonly name: string;
  /** HMAC-SHA-256 of the key's text with the server's secret, 64 hexadecimal digits. */
  readonly hmac: string;
  /** Name of the principal that made it. */
  readonly createdBy: string;
  /** The database's time, ms since the Unix epoch; null: never. */
  readonly expiresAtMs: number | null;
}

/** An access key as it is stored. */
export interface StoredAccessKey extends NewAccessKey {
  /** Id of the first key of its row of rotations: who acts is the same under all of them. */
  readonly principal: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
  /** The key that it was rotated into. */
  readonly replacedBy: string | null;
}

/** What became of a new key; `full`: as many as there may be are in force. */
export type CreateKeyOutcome = 'created' | 'full';

/** What became of a rotation; `ended`: the old key is revoked, expired or rotated already. */
export type RotateKeyOutcome = 'rotated' | 'unknown' | 'ended';

/** An admin action before it is done. */
export interface NewAuditRecord {
  /** The principal's name. */
  readonly who: string;
  readonly keyId: string | null;
  /** The route's operationId. */
  readonly action: string;
  /** What it is done to where that is no timeline, such as a key's id. */
  readonly target: string | null;
  readonly timeline: string | null;
  /** Why, in the words of who did it. */
  readonly reason: string | null;
  readonly traceId: string | null;
}

/** An admin action as it is recorded. */
export interface AuditRecord extends NewAuditRecord {
  /** Grows with time. */
  readonly auditId: number;
  readonly atMs: number;
  /** `done` or the code of the problem; null while it is under way, and for ever if it was cut off. */
  readonly outcome: string | null;
  readonly endedAtMs: number | null;
}

/** Access keys, and the record of admin actions. Every method rejects with `LogUnavailable` as the log's do. */
export interface AccessStore {
  /** Those in force: neither revoked nor expired by the database's clock, which is told too. */
  keysInForce(): Promise<{ readonly keys: readonly StoredAccessKey[]; readonly databaseTimeMs: number }>;
  /** All, newest first, behind `after`. */
  listKeys(page: {
    readonly after: Pick<StoredAccessKey, 'keyId' | 'createdAtMs'> | null;
    readonly limit: number;
  }): Promise<readonly StoredAccessKey[]>;
  /** Undefined where there is none. */
  findKey(keyId: string): Promise<StoredAccessKey | undefined>;
  /** Stores a key unless `inForceMax` are in force. */
  createKey(key: NewAccessKey, inForceMax: number): Promise<CreateKeyOutcome>;
  /** Ends it at once and for ever; one that is revoked already stays as it is. Undefined where there is none. */
  revokeKey(keyId: string): Promise<StoredAccessKey | undefined>;
  /** Stores a successor with the same scope and principal; the old key goes on for `graceMs`, but not beyond its own end. */
  rotateKey(
    keyId: string,
    next: Pick<NewAccessKey, 'keyId' | 'hmac' | 'createdBy' | 'expiresAtMs'>,
    graceMs: number,
  ): Promise<RotateKeyOutcome>;
  /** To be written before the action; gives its `auditId`. */
  recordAction(record: NewAuditRecord): Promise<number>;
  /** What became of it: `done` or the code of a problem. The first stays. */
  recordOutcome(auditId: number, outcome: string): Promise<void>;
  /** Puts down how many requests of each client a process had in its last second; gives those of the other processes. */
  shareDemand(process: string, wanted: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>>;
  /** Newest first, those below `beforeId`. */
  listActions(page: { readonly beforeId: number | null; readonly limit: number }): Promise<readonly AuditRecord[]>;
}
