import type { Logger } from 'pino';
import { LogUnavailable } from '#event-log';
import { openPostgresLog } from '#event-log-postgres';
import type { Settings } from '#settings';
import { BootFailure } from './boot-failure.js';
import { tryAgain } from './try-again.js';

const statementTimeoutMs = 5_000;

/**
 * Makes sure that somebody can look after a protected server: an admin's key in its migrated database or in the settings, or
 * an issuer of tokens. The primary process asks once: an admin's key that ends later must not end the server.
 *
 * @throws BootFailure
 */
export async function requireAdmin(
  { accessSecret, adminKey, jwtIssuer }: Settings,
  databaseUrl: string,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  if (accessSecret === undefined || adminKey !== undefined || jwtIssuer !== undefined) return;
  const eventLog = await openPostgresLog({
    url: databaseUrl,
    poolMax: 1,
    applicationName: 'seed start',
    appendTimeoutMs: statementTimeoutMs,
  });
  try {
    const { keys } = await tryAgain(() => eventLog.access.keysInForce(), {
      passes: (error) => error instanceof LogUnavailable,
      onTrouble: (reason) => {
        log.warn(`The access keys cannot be read yet (${reason}): trying again until they can.`);
      },
      signal,
    });
    if (keys.some(({ role }) => role === 'admin')) return;
  } finally {
    await eventLog.close();
  }
  throw new BootFailure(
    'ACCESS_SECRET is given and no admin’s key is in force: make one with `seed keys create NAME --role admin`, or give ADMIN_KEY.',
  );
}
