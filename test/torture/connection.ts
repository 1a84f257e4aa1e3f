import { Agent, request } from 'node:http';
import type { Reply } from './history.js';

/** A client gives up on an answer after so long: well above every deadline that the server has. */
const PATIENCE_MS = 30_000;

const VERSION_TAG = /^"(\d+)"$/;

/** One client's connections to the servers, kept alive. */
export class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });

  /** Sends a request and reads its whole answer. Rejects where there is none: reset, refused, cut off, too slow. */
  send(
    url: string,
    of: {
      readonly method: string;
      readonly body?: string | null;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Reply> {
    const { method, body = null, headers = {} } = of;
    return new Promise((resolve, reject) => {
      const asked = request(url, {
        method,
        agent: this.#agent,
        headers: {
          ...headers,
          ...(body !== null && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      asked.on('error', reject);
      asked.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('aborted', () => {
          reject(new Error('the answer was cut off'));
        });
        response.on('end', () => {
          const tag = VERSION_TAG.exec(response.headers.etag ?? '')?.[1];
          const stale = response.headers['seed-stale-ms'];
          resolve({
            status: response.statusCode ?? 0,
            version: tag === undefined ? null : Number(tag),
            staleMs: typeof stale === 'string' ? Number(stale) : null,
            body: Buffer.concat(chunks).toString('utf8'),
          });
        });
      });
      asked.end(body ?? undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
