import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import type { StoredDocument } from '#domain';
import { documentView, type DocumentView, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { pageOf, type ListQuery } from '../http/pages.js';
import { ProblemError } from '../problems/problem-error.js';
import { readList, readLive, type Answer, type ReadTarget } from '../queries/answer.js';

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
    return readList(this.boot, target, ({ state: { documents } }) =>
      pageOf(documents.sortedIds(), query, {
        present: (name) => {
          const document = documents.get(name);
          return document && documentView(name, document);
        },
      }),
    );
  }
}
