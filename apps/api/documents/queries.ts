import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { StoredDocument } from '#domain';
import { Boot } from '../boot.js';
import { pageOf, type ListQuery, type Page } from '../http/pages.js';
import { formatTime } from '../presentation/time.js';
import { ProblemError } from '../problems/problem-error.js';
import { readLive, type Answer, type ReadTarget } from '../queries/answer.js';

/** A document without its text. */
export interface DocumentView {
  readonly name: string;
  readonly sizeBytes: number;
  /** The timeline's version that saved it. */
  readonly version: number;
  readonly savedAt: string;
}

/** Answers with the exact text that was saved. */
export class GetDocument extends Query<Answer<StoredDocument>> {
  constructor(
    readonly target: ReadTarget,
    readonly documentName: string,
  ) {
    super();
  }
}

@QueryHandler(GetDocument)
export class GetDocumentHandler implements IQueryHandler<GetDocument> {
  constructor(private readonly boot: Boot) {}

  execute({ target, documentName }: GetDocument): Promise<Answer<StoredDocument>> {
    return readLive(this.boot, target, ({ state }) => {
      const document = state.documents.get(documentName);
      if (document === undefined) throw new ProblemError('document-unknown', `There is no document ${documentName}.`);
      return document;
    });
  }
}

export class ListDocuments extends Query<Answer<Page<DocumentView>>> {
  constructor(
    readonly target: ReadTarget,
    readonly query: ListQuery,
  ) {
    super();
  }
}

@QueryHandler(ListDocuments)
export class ListDocumentsHandler implements IQueryHandler<ListDocuments> {
  constructor(private readonly boot: Boot) {}

  execute({ target, query }: ListDocuments): Promise<Answer<Page<DocumentView>>> {
    return readLive(this.boot, target, ({ state: { documents } }) =>
      pageOf(documents.sortedIds(), query, {
        present: (name) => {
          const document = documents.get(name);
          return document && documentView(name, document);
        },
      }),
    );
  }
}

export const documentView = (name: string, { sizeBytes, version, savedAtMs }: StoredDocument): DocumentView => ({
  name,
  sizeBytes,
  version,
  savedAt: formatTime(savedAtMs),
});
