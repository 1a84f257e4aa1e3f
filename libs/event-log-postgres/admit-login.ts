import { inspectServer, type ServerInspection } from './inspect-server.js';
import { withSession } from './sessions.js';

/** The login that serves may not write, and the owner's may not let it. Its message is one sentence that says what to do. */
export class LoginNotAdmitted extends Error {
  override readonly name = 'LoginNotAdmitted';
}

/**
 * Serving as another login than the owner's needs the owner to let it take the role that writes. Tells how a migrated
 * database is served then.
 */
export async function admitLogin({
  url,
  adminUrl,
}: {
  readonly url: string;
  readonly adminUrl: string;
}): Promise<ServerInspection> {
  const found = await inspectServer(url);
  const login = loginOf(url);
  if (found.writerRole || login === loginOf(adminUrl)) return found;
  await withSession({ url: adminUrl, applicationName: 'seed migrate', statementTimeoutMs: 5_000 }, async (client) => {
    await client.query(`grant seed_writer to ${client.escapeIdentifier(login)}`);
  }).catch((cause: unknown) => {
    if (!isRefusal(cause)) throw cause;
    throw new LoginNotAdmitted(
      `The login ${login} of DATABASE_URL may not write, and the one of DATABASE_ADMIN_URL may not let it: let somebody ` +
        `who may run "create role seed_writer nologin" where it is not there, and "grant seed_writer to ${login}"; ` +
        'then run `seed migrate` as the owner.',
      { cause },
    );
  });
  return inspectServer(url);
}

/** Insufficient privilege, or no such role. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '42501' || error.code === '42704');

const loginOf = (url: string): string => decodeURIComponent(new URL(url).username);
