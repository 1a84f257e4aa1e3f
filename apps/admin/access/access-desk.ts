import type { AccessRole } from '#event-log';
import type { AccessKeyView, AuditView } from '#presentation';

/** A key to be made, as the server's route takes it. */
export interface KeyWish {
  readonly name: string;
  readonly role: AccessRole;
  readonly agentId?: string;
  readonly timelines?: readonly string[];
  readonly expiresAt?: string;
}

/** How a key is to be rotated, as the server's route takes it. */
export interface RotationWish {
  readonly graceMs?: number;
  readonly expiresAt?: string;
}

/** A new key; this is the only time that its text is told. */
export interface KeyToldOnce {
  readonly key: AccessKeyView;
  readonly text: string;
}

/** Where keys are made and ended: a server, or a database without one. Rejects with a `Failure`. */
export interface AccessDesk {
  /** Newest first. */
  keys(): Promise<readonly AccessKeyView[]>;
  create(wish: KeyWish): Promise<KeyToldOnce>;
  rotate(keyId: string, wish: RotationWish): Promise<KeyToldOnce & { readonly old: AccessKeyView }>;
  revoke(keyId: string): Promise<AccessKeyView>;
  /** The newest admin actions, newest first. */
  audit(limit: number): Promise<readonly AuditView[]>;
}
