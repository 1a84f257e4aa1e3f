import { accept, at, type Decision, type DecisionContext } from '../decision.js';
import { refuse } from '../refusal.js';
import type { State } from '../state.js';
import type { RemoveDocument, SaveDocument } from './commands.js';
import { utf8Length } from './state.js';

export function decideSaveDocument(state: State, command: SaveDocument, { nowMs, limits }: DecisionContext): Decision {
  const { name, text } = command;
  const before = state.documents.get(name);
  if (before?.text === text) return accept();
  if (before === undefined && state.documents.size >= limits.documentsMax) {
    return refuse('document-limit-reached', `the timeline keeps ${limits.documentsMax} documents at most`);
  }
  const bytes = state.documentBytes - (before?.sizeBytes ?? 0) + utf8Length(text);
  if (bytes > limits.documentBytesMax) {
    return refuse('document-limit-reached', `the timeline keeps ${limits.documentBytesMax} bytes of documents at most`);
  }
  return accept(at(nowMs, { type: 'DocumentSaved', data: { name, text } }));
}

export function decideRemoveDocument(state: State, { name }: RemoveDocument, { nowMs }: DecisionContext): Decision {
  if (!state.documents.has(name)) return refuse('document-unknown', `there is no document ${name}`);
  return accept(at(nowMs, { type: 'DocumentRemoved', data: { name } }));
}
