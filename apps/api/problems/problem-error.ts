import type { Problem } from '#presentation';
import { PROBLEMS, problemDetails, type InputError, type ProblemCode, type ProblemDetails } from './problems.js';

/** A problem on its way to the client; thrown at the edge only. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly errors: readonly InputError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { readonly errors?: readonly InputError[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = more.errors ?? [];
    const retryAfter = (PROBLEMS[code] as { retryAfterSeconds?: number }).retryAfterSeconds;
    this.headers = { ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }), ...more.headers };
  }

  /** The same with more headers. */
  with(headers: Readonly<Record<string, string>>): ProblemError {
    return new ProblemError(this.code, this.message, { errors: this.errors, headers: { ...this.headers, ...headers } });
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  details(): ProblemDetails {
    const details = problemDetails(this.code, this.message);
    return this.errors.length === 0 ? details : { ...details, errors: this.errors };
  }
}

/** A problem that was put into words elsewhere. */
export const refused = ({ code, detail }: Problem<ProblemCode>): ProblemError => new ProblemError(code, detail);

/** Input that cannot be accepted, with every field that stands in the way. */
export function malformedInput(errors: readonly InputError[]): ProblemError {
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? 'The body' : first.pointer;
  return new ProblemError('malformed-input', `${where} ${first?.detail ?? 'cannot be accepted'}`, { errors });
}
