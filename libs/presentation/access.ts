import type { AccessRole, AuditRecord, StoredAccessKey } from '#event-log';
import { formatTime } from './time.js';

/** An access key as clients see it: everything but the key. */
export interface AccessKeyView {
  readonly keyId: string;
  readonly name: string;
  readonly role: AccessRole;
  readonly agentId: string | null;
  /** Null: all. */
  readonly timelines: readonly string[] | null;
  /** The id of the first key of its row of rotations: `key:` and this is who acts. */
  readonly principal: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly replacedBy: string | null;
}

/** An admin action as clients see it. */
export interface AuditView {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly keyId: string | null;
  /** The operationId of the route. */
  readonly action: string;
  readonly target: string | null;
  readonly timeline: string | null;
  readonly reason: string | null;
  readonly traceId: string | null;
  /** `done` or the code of a problem; null while it is under way, and for ever if it was cut off. */
  readonly outcome: string | null;
  readonly endedAt: string | null;
}

/** An access key in HTTP units. */
export function accessKeyView(key: StoredAccessKey): AccessKeyView {
  const { keyId, name, role, agentId, timelines, principal, createdAtMs, createdBy, replacedBy } = key;
  return {
    keyId,
    name,
    role,
    agentId,
    timelines,
    principal,
    createdAt: formatTime(createdAtMs),
    createdBy,
    expiresAt: timeOrNull(key.expiresAtMs),
    revokedAt: timeOrNull(key.revokedAtMs),
    replacedBy,
  };
}

/** A record of an admin action in HTTP units. */
export function auditView({ auditId, atMs, endedAtMs, ...record }: AuditRecord): AuditView {
  const { who, keyId, action, target, timeline, reason, traceId, outcome } = record;
  return {
    id: auditId,
    at: formatTime(atMs),
    who,
    keyId,
    action,
    target,
    timeline,
    reason,
    traceId,
    outcome,
    endedAt: timeOrNull(endedAtMs),
  };
}

const timeOrNull = (timeMs: number | null): string | null => (timeMs === null ? null : formatTime(timeMs));
