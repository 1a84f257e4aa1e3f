import type { DocumentName } from '../units.js';

export interface DocumentSaved {
  readonly type: 'DocumentSaved';
  readonly data: { readonly name: DocumentName; readonly text: string };
}

export interface DocumentRemoved {
  readonly type: 'DocumentRemoved';
  readonly data: { readonly name: DocumentName };
}

export type DocumentEvent = DocumentSaved | DocumentRemoved;
