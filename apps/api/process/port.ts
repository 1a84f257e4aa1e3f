import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BUILD, type Settings } from '#settings';
import type { Boot } from '../boot.js';
import { healthOf } from '../health/health.js';
import { HTTP_OPTIONS, passOverExpectations } from '../http/own-refusals.js';
import { limitConnections } from '../limits/connections.js';
import { ProblemError } from '../problems/problem-error.js';
import { BootFailure } from './boot-failure.js';

const closeIdleEveryMs = 20;

/**
 * The HTTP port. It is open from the first moment, while the modules of the application are still being loaded: until
 * that is handed the requests, they are answered from here.
 */
export class Port {
  readonly #server: Server;
  readonly #boot: Boot;
  #application: Server | null = null;
  /** Connections on which no request has come yet: not what Node calls idle. */
  readonly #silent = new Set<Socket>();

  private constructor(server: Server, boot: Boot) {
    this.#server = server;
    this.#boot = boot;
    server.on('connection', (socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#silent.delete(request.socket);
      if (this.#application === null) answerWhileLoading(this.#boot, request, response);
      else this.#application.emit('request', request, response);
    });
  }

  /** @throws BootFailure where the port cannot be had */
  static async open(settings: Settings, boot: Boot): Promise<Port> {
    const { host, port } = settings;
    const server = createServer(HTTP_OPTIONS);
    limitConnections(server, settings);
    passOverExpectations(server);
    const opened = new Port(server, boot);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(explained(error, { host, port }));
      });
      server.listen({ host, port }, resolve);
    });
    return opened;
  }

  /** Such as `http://127.0.0.1:8000`. */
  get url(): string {
    const found = this.#server.address();
    if (found === null || typeof found === 'string') throw new Error('the server listens on no port');
    return `http://${found.family === 'IPv6' ? `[${found.address}]` : found.address}:${found.port}`;
  }

  /** From now on the application answers, though it does not listen itself; its limits become the port's. */
  handTo(application: Server): void {
    this.#server.requestTimeout = application.requestTimeout;
    this.#server.headersTimeout = application.headersTimeout;
    this.#server.keepAliveTimeout = application.keepAliveTimeout;
    this.#server.maxHeadersCount = application.maxHeadersCount;
    this.#server.maxRequestsPerSocket = application.maxRequestsPerSocket;
    this.#server.setTimeout(application.timeout);
    this.#server.on('clientError', (error, socket) => application.emit('clientError', error, socket));
    this.#application = application;
  }

  /** Takes no more connections; resolves when the last request is answered. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    // A connection whose last request ends after the close would otherwise be kept for its keep-alive time.
    const timer = setInterval(() => setImmediate(() => this.#closeIdle()), closeIdleEveryMs);
    await closed;
    clearInterval(timer);
  }

  /**
   * To be called when what had arrived was read: a request that waits in the socket would be lost with it. Connections on
   * which one has begun are not idle.
   */
  #closeIdle(): void {
    this.#server.closeIdleConnections();
    for (const socket of this.#silent) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Ends all connections, whatever is under way on them. */
  cutOff(): void {
    this.#server.closeAllConnections();
  }
}

function answerWhileLoading(boot: Boot, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path === '/health' || path === '/health/ready') {
    const { status, ready } = healthOf(boot);
    const database = boot.databaseAvailable() ? 'ok' : 'unavailable';
    const view = { status, timestamp: new Date().toISOString(), database, version: BUILD.version };
    response.writeHead(path === '/health' || ready ? 200 : 503, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(view));
    return;
  }
  const problem = new ProblemError('starting', 'The server is starting; ask again in a moment.');
  response.writeHead(problem.status, { ...problem.headers, 'content-type': 'application/problem+json; charset=utf-8' });
  response.end(JSON.stringify({ ...problem.details(), traceId: randomUUID() }));
}

function explained(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return new BootFailure(`Port ${port} of ${host} is in use: stop what listens there, or set PORT to another.`);
    case 'EACCES':
      return new BootFailure(`Port ${port} may not be opened by this user: set PORT to one above 1023.`);
    case 'EADDRNOTAVAIL':
    case 'EAI_AGAIN':
    case 'ENOTFOUND':
      return new BootFailure(`HOST is "${host}", which is no address of this machine.`);
    default:
      return error;
  }
}
