import { decide, State, type Command, type Decided, type Limits } from '#domain';
import { refused, type Failure } from '../failure.js';
import { becomesReady, type Server } from '../server/find-server.js';
import { problemOf, refusalIn, request, type Reply } from '../server/request.js';
import { fold, nameTaken, type Imported } from './imported.js';
import { IMPORT_ROUTE, type LegacyImport } from './legacy-import.js';

/** Its limits are the server's to apply. */
const unlimited: Limits = { documentsMax: Number.MAX_SAFE_INTEGER, documentBytesMax: Number.MAX_SAFE_INTEGER };

/** Has a running server import. @throws Failure */
export async function importThroughServer(server: Server, wanted: LegacyImport): Promise<Imported> {
  const events = decideImport(wanted);
  await becomesReady(server);
  const { timeline, body, key } = wanted;
  const { url, headers } = server;
  const before = await request({ method: 'GET', url: `${url}/v1/timelines/${timeline}`, headers });
  const reply = await request({ method: 'POST', url: `${url}${IMPORT_ROUTE}`, body, key, headers });
  if (reply.status >= 300) throw failureIn(reply, timeline);
  return { already: before.status < 300, version: versionIn(reply.body), state: fold(events) };
}

/**
 * What the server will decide, so that a refusal is known before it is asked and a summary needs no more questions. Only the
 * time is the server's own.
 */
function decideImport({ command, clock }: LegacyImport): readonly Decided[] {
  const nowMs = Math.max(Date.now(), command.economy?.lastPayoutMs ?? 0);
  const events: Decided[] = [];
  const commands: readonly Command[] = [{ type: 'CreateTimeline', clock }, command];
  for (const one of commands) {
    const decision = decide(events.length === 0 ? new State() : fold(events), one, { nowMs, limits: unlimited });
    if (decision.kind === 'refused') throw refused(decision.code, `Nothing was imported: ${decision.detail}.`);
    if (decision.kind === 'accepted') events.push(...decision.events);
  }
  return events;
}

function failureIn(reply: Reply, timeline: string): Failure {
  const { code = '' } = problemOf(reply);
  switch (code) {
    case 'timeline-name-taken':
      return nameTaken(timeline);
    case 'route-unknown':
      return refused(
        code,
        'The server is of a release that cannot import: stop it, and run this command again without it.',
      );
    case 'body-too-large':
      return refused(code, 'The files are too large to send: stop the server, and run this command again without it.');
    default:
      return refusalIn(reply);
  }
}

function versionIn(body: unknown): number {
  const { version } = (body ?? {}) as { readonly version?: unknown };
  if (typeof version !== 'number') throw new TypeError('the reply to an import has no version');
  return version;
}
