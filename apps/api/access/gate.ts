import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from './access.js';
import { judgeBody, judgePath, unauthenticated } from './judge.js';
import { ANONYMOUS, decorateWithPrincipal, type Principal } from './principal.js';
import { rowOf, type AccessRow } from './table.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the table of who may, and the reference, know the route by. */
    operationId?: string;
    /** Its row in that table; set when the route is registered. */
    access?: AccessRow;
  }
}

/** A route is missing in the table of who may. The server does not start. */
class RouteWithoutRow extends Error {
  override readonly name = 'RouteWithoutRow';
}

/**
 * Lets in who may, before a byte of the body is read. What has no row is not registered, and would not be let in. Must be
 * called before the first route is registered.
 */
export function guard(server: FastifyInstance, access: Access): void {
  decorateWithPrincipal(server);
  server.addHook('onRoute', (route) => {
    const isCors = route.method === 'OPTIONS' && route.url === '*';
    const row = rowOf(isCors ? 'AskCors' : route.config?.operationId);
    if (row === undefined) {
      throw new RouteWithoutRow(`${[route.method].flat().join(', ')} ${route.url} is not in the table of who may.`);
    }
    route.config = { ...route.config, access: row };
  });
  if (!access.isProtected) {
    server.addHook('onRequest', (request, _reply, done) => {
      request.principal = ANONYMOUS;
      done();
    });
    return;
  }
  server.addHook('onRequest', (request, _reply, done) => {
    const row = request.routeConfig.access;
    // A path or a method that there is not: what there is, the reference tells everybody.
    if (request.is404 || row?.least === 'everyone') done();
    else if (row === undefined) done(unauthenticated());
    else letIn(request, { row, access, done });
  });
  server.addHook('preHandler', (request, _reply, done) => {
    const { principal, routeConfig } = request;
    const row = routeConfig.access;
    done(principal === null || row === undefined ? undefined : judgeBody(row, principal, request));
  });
}

/** Waits for nothing but a token. */
function letIn(
  request: FastifyRequest,
  { row, access, done }: { readonly row: AccessRow; readonly access: Access; readonly done: (error?: Error) => void },
): void {
  const judged = (principal: Principal | undefined): void => {
    request.principal = principal ?? null;
    done(principal === undefined ? unauthenticated() : judgePath(row, principal, request.params));
  };
  try {
    const principal = access.principalFor(request);
    if (principal instanceof Promise) principal.then(judged, done);
    else judged(principal);
  } catch (error) {
    done(error as Error);
  }
}
