import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { Failure, outcomeUnknown, reasonOf, refused, unavailable } from '../failure.js';
import { becomesReady, type Server } from '../server/find-server.js';
import { parsed, problemOf, refusalIn, type Reply } from '../server/request.js';
import type { FileToImport } from './import-file.js';

/** On a socket on which nothing moves for so long nothing will. */
const idleMs = 180_000;
const PIECE_BYTES = 262_144;

/** The bytes of an archive of now. @throws Failure */
export async function* downloadArchive(server: Server, timeline: string | undefined): AsyncGenerator<Uint8Array> {
  await becomesReady(server);
  const query = timeline === undefined ? '' : `?${new URLSearchParams({ timeline }).toString()}`;
  const request = open(`${server.url}/v1/admin/export${query}`, { method: 'GET', headers: server.headers });
  request.setTimeout(idleMs, () => request.destroy(new Error(`nothing came for ${idleMs / 1_000} s`)));
  try {
    const response = await responseTo(request.end());
    if (response.statusCode !== 200) throw failureIn(await replyOf(response));
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw asFailure(error, (cause) =>
      unavailable('server-unavailable', `The export from ${server.url} broke off: ${reasonOf(cause)}.`, cause),
    );
  } finally {
    request.destroy();
  }
}

/** A file to send to a server, and how. */
export interface Upload extends Pick<FileToImport, 'path' | 'bytes' | 'rename' | 'withKeys' | 'acceptStopped'> {
  /** Told while it is sent, bytes. */
  readonly onSent: (done: number) => void;
}

/**
 * Has a server import an archive; gives the body of its reply. Once it is sent the reply takes as long as it takes.
 *
 * @throws Failure `outcome-unknown` where the connection broke behind the last byte; before it nothing is imported
 */
export async function uploadArchive(server: Server, upload: Upload): Promise<unknown> {
  const { path, bytes, onSent } = upload;
  await becomesReady(server);
  const headers = { ...server.headers, 'content-type': 'application/gzip', 'content-length': String(bytes) };
  const request = open(`${server.url}/v1/admin/import${queryOf(upload)}`, { method: 'POST', headers });
  let isSent = false;
  try {
    const replied = responseTo(request);
    isSent = await send(request, { path, onSent, replied });
    const reply = await replyOf(await replied);
    if (reply.status >= 300) throw failureIn(reply);
    return reply.body;
  } catch (error) {
    throw asFailure(error, (cause) => (isSent ? outcomeUnknown(cause) : brokeOff(server, cause)));
  } finally {
    request.destroy();
  }
}

function queryOf({ rename, withKeys, acceptStopped }: Upload): string {
  const fields = [...rename].map(([from, to]): [string, string] => ['rename', `${from}=${to}`]);
  if (withKeys) fields.push(['withKeys', 'true']);
  if (acceptStopped) fields.push(['acceptStopped', 'true']);
  return fields.length === 0 ? '' : `?${new URLSearchParams(fields).toString()}`;
}

/** False where the server answered before all of it was sent: it has refused, and what it says counts. */
async function send(
  request: ClientRequest,
  { path, onSent, replied }: Pick<Upload, 'path' | 'onSent'> & { readonly replied: Promise<IncomingMessage> },
): Promise<boolean> {
  let isAnswered = false;
  const answered = replied.then(() => (isAnswered = true));
  answered.catch(() => undefined);
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>) {
    if (!request.write(chunk)) await Promise.race([once(request, 'drain'), answered]);
    if (isAnswered) return false;
    done += chunk.length;
    onSent(done);
  }
  request.end();
  return true;
}

const brokeOff = ({ url }: Server, cause: unknown): Failure =>
  unavailable(
    'server-unavailable',
    `The connection to ${url} broke while the archive was sent; nothing was imported: ${reasonOf(cause)}.`,
    cause,
  );

/** What nobody foresaw broke the connection. */
const asFailure = (error: unknown, broken: (cause: unknown) => Failure): Failure =>
  error instanceof Failure ? error : broken(error);

function open(url: string, options: { readonly method: string; readonly headers: Readonly<Record<string, string>> }) {
  const start = url.startsWith('https:') ? secureRequest : plainRequest;
  const request = start(url, { ...options, agent: false });
  // Behind the response whoever reads that is told; unheard, the same error would end the process.
  request.on('error', () => undefined);
  return request;
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function replyOf(response: IncomingMessage): Promise<Reply> {
  const body = await text(response);
  return { status: response.statusCode ?? 0, body: parsed(body) };
}

function failureIn(reply: Reply): Failure {
  const { code = 'server-refused', detail = `The server answers with status ${reply.status}.` } = problemOf(reply);
  if (code === 'outcome-unknown') return outcomeUnknown(new Error(detail));
  if ([429, 503, 507].includes(reply.status)) return unavailable('server-unavailable', detail);
  if (code === 'route-unknown') {
    return refused(code, 'The server is of a release that has no archives: stop it, and run this command again.');
  }
  if (code === 'body-too-large') return refused(code, `${detail} Without a server there is no such limit.`);
  // The server tells of a field of the query.
  if (code === 'timeline-name-taken') return refused(code, detail.replace('?rename=', '--rename '));
  return refusalIn(reply);
}
