import type { FastifyInstance } from 'fastify';

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
}

/** The routes of the server: for telling a wrong method (405) from a wrong path (404). */
export class RouteTable {
  readonly #routes: Route[] = [];

  /** Must be called before the first route is registered. */
  listenTo(server: FastifyInstance): void {
    server.addHook('onRoute', ({ method, url }) => {
      for (const name of [method].flat()) this.#routes.push({ method: name, segments: url.split('/') });
    });
  }

  /** The methods that a path can be asked with; none where there is no such path. */
  methodsOf(path: string): readonly string[] {
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
