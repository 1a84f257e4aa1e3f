import type { DocumentName } from '../units.js';

/** Keeps a JSON text under a name; an existing one is replaced. */
export interface SaveDocument {
  readonly type: 'SaveDocument';
  readonly name: DocumentName;
  readonly text: string;
}

export interface RemoveDocument {
  readonly type: 'RemoveDocument';
  readonly name: DocumentName;
}

export type DocumentCommand = SaveDocument | RemoveDocument;
