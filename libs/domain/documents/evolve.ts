import { invariant } from '../invariant.js';
import type { State } from '../state.js';
import type { DocumentRemoved, DocumentSaved } from './events.js';
import { utf8Length } from './state.js';

export function evolveDocumentSaved(
  state: State,
  { data }: DocumentSaved,
  { atMs, version }: { readonly atMs: number; readonly version: number },
): void {
  const sizeBytes = utf8Length(data.text);
  state.documentBytes += sizeBytes - (state.documents.get(data.name)?.sizeBytes ?? 0);
  state.documents.set(data.name, { text: data.text, sizeBytes, version, savedAtMs: atMs });
}

export function evolveDocumentRemoved(state: State, { data }: DocumentRemoved): void {
  const document = state.documents.get(data.name);
  invariant(document !== undefined, () => `removing document ${data.name} that does not exist`);
  state.documentBytes -= document.sizeBytes;
  state.documents.remove(data.name);
}
