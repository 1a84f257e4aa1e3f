import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';
import { pathOf } from './request-key.js';

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether it is under `/v1`, where what a request may cost is limited; set when the route is registered. */
    isApi?: boolean;
  }
  interface FastifyRequest {
    /** What is known of the route; of one that there is not, nothing. `routeOptions` makes it anew each time. */
    routeConfig: FastifyContextConfig;
  }
}

/** The routes of the server: for telling a wrong method (405) from a wrong path (404). */
export class RouteTable {
  readonly #routes: Route[] = [];

  /** Must be called before the first route is registered. */
  listenTo(server: FastifyInstance): void {
    // Null until the first hook.
    server.decorateRequest('routeConfig', null as unknown as FastifyContextConfig);
    server.addHook('onRequest', (request, _reply, done) => {
      request.routeConfig = request.routeOptions.config;
      done();
    });
    server.addHook('onRoute', (route) => {
      const { method, url } = route;
      for (const name of [method].flat()) this.#routes.push({ method: name, segments: url.split('/') });
      route.config = { ...route.config, isApi: url.startsWith('/v1/') };
    });
  }

  /** Refuses what is no route before a byte of its body is read. The router calls a wrong method a wrong path. */
  refuseUnknown(server: FastifyInstance): void {
    server.addHook('onRequest', (request, _reply, done) => {
      done(request.is404 ? this.#refusalOf(request) : undefined);
    });
  }

  #refusalOf({ method, url }: FastifyRequest): ProblemError {
    const methods = this.#methodsOf(pathOf(url));
    if (methods.length === 0 || methods.includes(method)) {
      return new ProblemError('route-unknown', 'There is no route at that path.');
    }
    const allow = methods.join(', ');
    return new ProblemError('method-not-allowed', `This route takes ${allow}.`, { headers: { allow } });
  }

  /** The methods that a path can be asked with; none where there is no such path. */
  #methodsOf(path: string): readonly string[] {
    const segments = path.split('/');
    const methods = this.#routes.filter((route) => matches(route.segments, segments)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]))
  );
}
