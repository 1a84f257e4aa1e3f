import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

export const ARCHIVE_MEDIA_TYPE = 'application/gzip';

/** The one route that takes an archive. */
export const IMPORT_PATH = '/v1/admin/import';

/** Archives come as they arrive: they may be larger than memory. Only the import takes them. */
export function readArchiveBodies(server: FastifyInstance): void {
  server.addContentTypeParser(ARCHIVE_MEDIA_TYPE, (request, payload, done) => {
    if (request.routeOptions.url === IMPORT_PATH) done(null, payload);
    else done(new ProblemError('media-type-unsupported', 'Send the body as application/json in UTF-8.'), undefined);
  });
}

/** The archive that a request brings. @throws ProblemError `media-type-unsupported` where it brings something else */
export function archiveBodyOf({ body }: { readonly body: unknown }): Readable {
  if (body instanceof Readable) return body;
  throw new ProblemError('media-type-unsupported', `Send the archive as ${ARCHIVE_MEDIA_TYPE}.`);
}
