import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OperationId } from '../access/table.js';
import { openApiOf } from './openapi.js';

/** What the page needs of swagger-ui, and nothing else of that package. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Seed</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** The page runs the scripts of this server and asks this server, and nothing else; swagger-ui sets styles in place. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Another release may have other assets, at the same place. */
const KEPT_SECONDS = 3_600;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true, tryItOutEnabled: true });
`;

/**
 * Serves the OpenAPI document and a page to try it at, from this server alone. What is served is made when it is first asked
 * for, since at the start there are more urgent things to do, and once: everybody may ask.
 */
export function serveReference(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  let document: Buffer | undefined;
  const config = { operationId: 'ShowReference' satisfies OperationId };
  server.get('/openapi.json', { config }, (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(openApiOf(app)));
    return reply.type('application/json; charset=utf-8').send(document);
  });
  server.get('/docs', { config }, (_request, reply) =>
    reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(PAGE),
  );
  server.get('/docs/start.js', { config }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(START),
  );
  for (const [name, type] of Object.entries(ASSETS)) {
    let asset: Promise<Asset> | undefined;
    server.get(`/docs/${name}`, { config }, async ({ headers }, reply) => {
      asset ??= readAsset(join(folder, name)).catch((error: unknown) => {
        asset = undefined;
        throw error;
      });
      const { bytes, tag } = await asset;
      void reply.header('etag', tag).header('cache-control', `public, max-age=${KEPT_SECONDS}`);
      return headers['if-none-match'] === tag ? reply.status(304).send() : reply.type(type).send(bytes);
    });
  }
}

interface Asset {
  readonly bytes: Buffer;
  readonly tag: string;
}

async function readAsset(path: string): Promise<Asset> {
  const bytes = await readFile(path);
  return { bytes, tag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}
