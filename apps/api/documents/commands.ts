import { DOCUMENT_MAX_BYTES, type DocumentName } from '#domain';
import { commandKind } from '../commands/command-kind.js';
import { Required } from '../fields/field.js';
import type { FieldRule } from '../fields/rule.js';
import { id } from '../fields/rules.js';
import { object, whole, words } from '../reference/schemas.js';
import { documentFault } from './document-text.js';

const anyText: FieldRule = {
  words: 'a text that is JSON itself',
  test: (value) => typeof value === 'string',
  schema: { type: 'string', maxLength: DOCUMENT_MAX_BYTES, contentMediaType: 'application/json' },
};

class SaveDocument {
  @Required(id())
  readonly name!: string;

  /** The document; on its own route it is the body. */
  @Required(anyText)
  readonly text!: string;
}

class RemoveDocument {
  @Required(id())
  readonly name!: string;
}

export const documentCommands = {
  SaveDocument: commandKind({
    dto: SaveDocument,
    check: ({ text }, complain) => {
      const fault = documentFault(text);
      if (fault !== undefined) complain('text', fault);
    },
    toCommand: ({ name, text }) => ({ type: 'SaveDocument', name: name as DocumentName, text }),
    result: object({ name: words, sizeBytes: whole }),
    receipt: (_events, { name, text }) => ({ name, sizeBytes: Buffer.byteLength(text) }),
  }),
  RemoveDocument: commandKind({
    dto: RemoveDocument,
    toCommand: ({ name }) => ({ type: 'RemoveDocument', name: name as DocumentName }),
    result: object({ name: words }),
    receipt: (_events, { name }) => ({ name }),
  }),
};
