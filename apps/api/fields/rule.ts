/** A JSON schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a field must be: once in words, once as a test, once as a JSON schema. */
export interface FieldRule {
  /** Completes "must be …". */
  readonly words: string;
  readonly test: (value: unknown) => boolean;
  readonly schema: JsonSchema;
  /** The one form of a value that was given in one of several; absent where there is only one. Undefined: as if it were not there. */
  readonly canonical?: (value: unknown) => unknown;
}
