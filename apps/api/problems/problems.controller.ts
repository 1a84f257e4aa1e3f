import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiRoute } from '../reference/route-docs.js';
import { object, orNull, page, whole, words } from '../reference/schemas.js';
import { ProblemError } from './problem-error.js';
import { PROBLEMS, problemType, type ProblemCode, type ProblemKind } from './problems.js';

const problemKindSchema = object({
  code: words,
  type: words,
  status: whole,
  title: words,
  retryAfterSeconds: orNull(whole),
});

/** The pages that a problem's `type` leads to. */
@ApiTags('problems')
@Controller('problems')
export class ProblemsController {
  @Get()
  @ApiRoute({ summary: 'Every problem there is', operationId: 'ListProblems', reply: page(problemKindSchema) })
  list() {
    return { items: (Object.keys(PROBLEMS) as ProblemCode[]).map(problemKindView), nextCursor: null };
  }

  @Get(':code')
  @ApiRoute({
    summary: 'What one problem means',
    operationId: 'GetProblem',
    path: ':code',
    reply: problemKindSchema,
  })
  show(@Param('code') code: string) {
    if (!Object.hasOwn(PROBLEMS, code)) throw new ProblemError('route-unknown', 'There is no such problem.');
    return problemKindView(code as ProblemCode);
  }
}

function problemKindView(code: ProblemCode) {
  const { status, title, retryAfterSeconds }: ProblemKind = PROBLEMS[code];
  return { code, type: problemType(code), status, title, retryAfterSeconds: retryAfterSeconds ?? null };
}
