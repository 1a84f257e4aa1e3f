import { makeKey, mintKey, rotateKey } from '#access';
import type { AccessRole, AccessStore } from '#event-log';
import { ACCESS_SECRET } from '../access-secret.js';
import { openTestApi, send, type Reply, type TestApi } from './api.js';

/** A protected server, and keys for it. */
export interface ProtectedApi {
  readonly api: TestApi;
  readonly store: AccessStore;
  /** An admin's key, which the settings gave it. */
  readonly admin: string;
  /** Makes a key in the database, and has the server read it. */
  readonly key: (role: AccessRole, more?: KeyMore) => Promise<{ readonly keyId: string; readonly text: string }>;
  /** Has the server read its keys, as it does each second. */
  readonly reread: () => Promise<void>;
  /** A request with a key, or with none. */
  readonly ask: (
    key: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Reply>;
}

interface KeyMore {
  readonly agentId?: string;
  readonly timelines?: readonly string[];
  readonly expiresAtMs?: number;
}

export const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

export async function openProtectedApi(
  environment: Record<string, string> = {},
  wrap?: Parameters<typeof openTestApi>[3],
): Promise<ProtectedApi> {
  const { text: admin } = mintKey();
  const api = await openTestApi({}, { ACCESS_SECRET, ADMIN_KEY: admin, ...environment }, undefined, wrap);
  const store = api.log.access;
  const reread = () => api.access.keysChanged();
  return {
    api,
    store,
    admin,
    reread,
    key: async (role, more = {}) => {
      const by = { name: `a test's ${role}`, createdBy: 'test', agentId: null, timelines: null, expiresAtMs: null };
      const made = await makeKey(store, ACCESS_SECRET, { role, ...by, ...more });
      if (made.status !== 'created') throw new Error(`a key was not made: ${made.status}`);
      await reread();
      return { keyId: made.key.keyId, text: made.text };
    },
    ask: (key, method, path, body, headers) =>
      send(path.startsWith('/') ? api.url + path : `${api.url}/v1/timelines/T/${path}`, method, body, {
        ...(key !== null && bearer(key)),
        ...headers,
      }),
  };
}

/** A key that another has taken the place of, and whose grace is over. */
export async function rotatedOut({ key, store, reread }: ProtectedApi): Promise<string> {
  const { keyId, text } = await key('admin');
  const rotated = await rotateKey(store, ACCESS_SECRET, { keyId, createdBy: 'test', graceMs: 0 });
  if (rotated.status !== 'rotated') throw new Error(`a key was not rotated: ${rotated.status}`);
  await reread();
  return text;
}
