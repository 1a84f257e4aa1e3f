/** A JSON schema, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a field must be: once in words, once as a test, once as a JSON schema. */
export interface FieldRule {
  /** Completes "must be …". */
  readonly words: string;
  readonly test: (value: unknown) => boolean;
  readonly schema: JsonSchema;
}
