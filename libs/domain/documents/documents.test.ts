import { expect, test } from '@jest/globals';
import { given, timelineCreated } from '../testing/specification.js';
import type { DocumentName } from '../units.js';
import { utf8Length } from './state.js';

const memory = 'memory' as DocumentName;
const plan = 'plan' as DocumentName;
const saved = (name: DocumentName, text: string) => ({ type: 'DocumentSaved', data: { name, text } }) as const;

test('a document is kept as the exact text that was sent', () => {
  const text = '{"n": 12345678901234567890.10, "a":[ ] }';
  const { state } = given(timelineCreated())
    .when({ type: 'SaveDocument', name: memory, text })
    .thenEvents(saved(memory, text));
  expect(state.documents.get(memory)).toMatchObject({ text, sizeBytes: text.length });
  expect(state.documentBytes).toBe(text.length);
});

test('the same text again is nothing to record; another replaces it', () => {
  const spec = given(timelineCreated(), saved(memory, '[1]'));
  spec.when({ type: 'SaveDocument', name: memory, text: '[1]' }).thenNothing();
  const { state } = spec.when({ type: 'SaveDocument', name: memory, text: '[1,2]' });
  expect([state.documents.size, state.documentBytes]).toEqual([1, 5]);
});

test('a document that is not there cannot be removed', () => {
  given(timelineCreated()).when({ type: 'RemoveDocument', name: memory }).thenRefused('document-unknown');
  const { state } = given(timelineCreated(), saved(memory, '[1]'))
    .when({ type: 'RemoveDocument', name: memory })
    .thenEvents({ type: 'DocumentRemoved', data: { name: memory } });
  expect([state.documents.size, state.documentBytes]).toEqual([0, 0]);
});

test('a timeline keeps so many documents and so many bytes of them', () => {
  const nowMs = 0;
  const spec = given(timelineCreated(), saved(memory, '[1]'));
  const save = { type: 'SaveDocument', name: plan, text: '"é"' } as const;
  spec.when(save, { nowMs, limits: { documentsMax: 1, documentBytesMax: 99 } }).thenRefused('document-limit-reached');
  spec.when(save, { nowMs, limits: { documentsMax: 2, documentBytesMax: 6 } }).thenRefused('document-limit-reached');
  spec.when(save, { nowMs, limits: { documentsMax: 2, documentBytesMax: 7 } }).thenEvents(saved(plan, '"é"'));
  spec
    .when({ ...save, name: memory }, { nowMs, limits: { documentsMax: 1, documentBytesMax: 4 } })
    .thenEvents(saved(memory, '"é"'));
});

test('sizes are those of UTF-8', () => {
  const encoder = new TextEncoder();
  for (const text of ['', 'a', 'é', '€', '😀', 'aé€😀\u0000\uffff']) {
    expect(utf8Length(text)).toBe(encoder.encode(text).length);
  }
});
