import { findServer, type Server, type ServerWish } from '../server/find-server.js';
import { failureOf } from '../failure.js';
import type { Session } from '../session.js';
import { fail, ok, warn, type Check } from './check.js';

/** What was found out about the server, and itself where it answers. */
interface ServerFound {
  readonly check: Check;
  readonly server?: Server;
}

/** Whether the server that runs is healthy, and of this build. */
export async function checkServer(wish: ServerWish, session: Session, release: string): Promise<ServerFound> {
  try {
    const server = await findServer(session, wish);
    if (server === undefined) return { check: ok('server', 'none runs at HOST and PORT') };
    return { check: serverCheck(server, release), server };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    return { check: fail('server', failure.message.replace(/[.]$/, ''), 'Start it, or give the right address.') };
  }
}

function serverCheck({ url, health }: Server, release: string): Check {
  const found = `${url} is ${health.status}, its database ${health.database}, version ${health.version}`;
  switch (health.status) {
    case 'healthy':
    case 'degraded':
      break;
    case 'starting':
    case 'draining':
      return warn('server', found, 'Look again in a moment.');
    default:
      return fail('server', found, 'Its log tells why; it needs to be started again.');
  }
  if (health.database !== 'ok') return fail('server', found, 'It serves again by itself when its database does.');
  if (health.version !== release) {
    return warn('server', found, `This command line is version ${release}: use one build for both.`);
  }
  if (health.status === 'healthy' || health.stopped !== undefined) return ok('server', found);
  return warn('server', found, 'Its database is read-only, or its clock differs: /v1/admin/status shows which.');
}
