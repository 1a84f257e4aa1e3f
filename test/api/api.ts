import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { EventLog } from '#event-log';
import type { Runtime, RuntimeOptions } from '#runtime';
import { loadSettings } from '#settings';
import { Access } from '../../apps/api/access/access.js';
import { createApp } from '../../apps/api/app.js';
import { Boot } from '../../apps/api/boot.js';
import { createLog } from '../../apps/api/logging.js';
import { createTestDatabase } from '../postgres.js';
import { openTestProcess } from '../runtime/harness.js';

/** A reply as it came. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined if it is none. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** A server on a port of its own, with a database of its own. */
export interface TestApi {
  readonly app: NestFastifyApplication;
  readonly boot: Boot;
  readonly access: Access;
  readonly log: EventLog;
  readonly databaseUrl: string;
  readonly runtime: Runtime;
  readonly url: string;
  /** `path` may leave `/v1/timelines/T` out: `agents` is that of the timeline `T`. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Creates a timeline on a virtual clock that starts at 1970-01-01T00:00:00Z. */
  createVirtual(name: string, more?: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** Sends a request; a body that is a string goes as it is. */
export async function send(
  url: string,
  method: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && {
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

/** @param reachBy Puts something between the server and its database. `wrap` puts something around its log. */
export async function openTestApi(
  overrides: Partial<RuntimeOptions> = {},
  environment: Record<string, string> = {},
  reachBy: (databaseUrl: string) => Promise<string> = (url) => Promise.resolve(url),
  wrap: (log: EventLog) => EventLog = (log) => log,
): Promise<TestApi> {
  const database = await createTestDatabase();
  const process = await openTestProcess(await reachBy(database.url), overrides, wrap);
  const boot = new Boot();
  const settings = loadSettings({ LOG_LEVEL: 'fatal', BAD_KEYS_PER_MINUTE_MAX: '0', ...environment });
  const app = await createApp({ settings, boot, log: createLog(settings) });
  await app.listen(0, '127.0.0.1');
  const access = app.get(Access);
  await access.start(process.log.access);
  boot.becomeReady(process.runtime, process.log);
  const url = await app.getUrl();
  const call: TestApi['call'] = (method, path, body, headers) =>
    send(path.startsWith('/') ? url + path : `${url}/v1/timelines/T/${path}`, method, body, headers);
  return {
    app,
    boot,
    access,
    log: process.log,
    databaseUrl: database.url,
    runtime: process.runtime,
    url,
    call,
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body, headers) => call('POST', path, body, headers),
    createVirtual: async (name, more = {}) => {
      const body = { name, clock: 'virtual', startAt: '1970-01-01T00:00:00Z', ...more };
      const { status, text } = await send(`${url}/v1/timelines`, 'POST', body);
      if (status !== 201) throw new Error(`timeline ${name} was not created: ${text}`);
    },
    stop: async () => {
      boot.beginDraining();
      // fetch opens connections that it never uses, and those count as busy.
      app.getHttpServer().closeAllConnections();
      await app.close();
      access.close();
      await process.stop();
      await database.drop();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
