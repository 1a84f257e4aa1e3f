import { Controller, Delete, Get, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GRACE_DEFAULT_MS, makeKey, ROLES, rotateKey } from '#access';
import type { StoredAccessKey } from '#event-log';
import { accessKeyProblem, accessKeyView, type AccessKeyView, type Page } from '#presentation';
import { Boot } from '../boot.js';
import { objectSchema } from '../fields/field.js';
import { InputErrors } from '../fields/read.js';
import { bodyOf } from '../http/json-body.js';
import { limitOf, ListQuery, momentPlace, pageOfRows, placeOf } from '../http/pages.js';
import { idOf } from '../http/params.js';
import { refused } from '../problems/problem-error.js';
import { queryOf } from '../queries/read-request.js';
import { ApiRoute } from '../reference/route-docs.js';
import { instant, listOf, object, oneOf, orNull, page, words } from '../reference/schemas.js';
import { Access } from './access.js';
import { NewKeyRequest, readNewKey, readRotation, RotationRequest } from './key-requests.js';
import { actorOf } from './principal.js';

const keySchema = object({
  keyId: words,
  name: words,
  role: oneOf(...ROLES),
  agentId: orNull(words),
  timelines: orNull(listOf(words)),
  principal: words,
  createdAt: instant,
  createdBy: words,
  expiresAt: orNull(instant),
  revokedAt: orNull(instant),
  replacedBy: orNull(words),
});

/** The only time that the key itself is told. */
const newKeySchema = object({ key: keySchema, text: words });

/** Access keys (`docs/security.md`). A key is told once, in the reply to whoever made it. */
@ApiTags('admin')
@Controller('v1/admin/keys')
export class KeysController {
  constructor(
    private readonly access: Access,
    private readonly boot: Boot,
  ) {}

  @Post()
  @ApiRoute({
    summary: 'Make an access key; its text is told this once',
    operationId: 'CreateKey',
    body: objectSchema(NewKeyRequest),
    status: 201,
    reply: newKeySchema,
  })
  async create(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const wanted = readNewKey(bodyOf(request).value, new InputErrors());
    const made = await makeKey(this.boot.log.access, this.#secret(), { ...wanted, createdBy: actorOf(request) });
    if (made.status !== 'created') throw refused(accessKeyProblem(made.status));
    await this.access.keysChanged();
    void reply.status(201).header('cache-control', 'no-store');
    return { key: accessKeyView(made.key), text: made.text };
  }

  @Get()
  @ApiRoute({
    summary: 'The access keys, newest first, those that have ended too',
    operationId: 'ListKeys',
    query: ListQuery,
    reply: page(keySchema),
  })
  async list(@Req() request: FastifyRequest): Promise<Page<AccessKeyView>> {
    const query = queryOf(request, ListQuery, new InputErrors());
    const limit = limitOf(query);
    const keys = await this.boot.log.access.listKeys({ after: keyPlace(query), limit: limit + 1 });
    return pageOfRows(keys, limit, {
      present: accessKeyView,
      placeOf: ({ createdAtMs, keyId }) => `${createdAtMs} ${keyId}`,
    });
  }

  @Post(':keyId/rotate')
  @ApiRoute({
    summary: 'Make a successor of the same scope; the old key goes on for a while',
    operationId: 'RotateKey',
    path: ':keyId',
    body: objectSchema(RotationRequest),
    status: 201,
    reply: object({ key: keySchema, old: keySchema, text: words }),
  })
  async rotate(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const errors = new InputErrors();
    const keyId = idOf(request, 'keyId', errors);
    const wanted = { graceMs: GRACE_DEFAULT_MS, ...readRotation(bodyOf(request).value, errors) };
    const by = { keyId, createdBy: actorOf(request) };
    const rotated = await rotateKey(this.boot.log.access, this.#secret(), { ...wanted, ...by });
    if (rotated.status !== 'rotated') throw refused(accessKeyProblem(rotated.status));
    await this.access.keysChanged();
    void reply.status(201).header('cache-control', 'no-store');
    return { key: accessKeyView(rotated.key), old: accessKeyView(rotated.old), text: rotated.text };
  }

  @Delete(':keyId')
  @ApiRoute({
    summary: 'End an access key at once and for ever; again changes nothing',
    operationId: 'RevokeKey',
    path: ':keyId',
    reply: keySchema,
  })
  async revoke(@Req() request: FastifyRequest): Promise<AccessKeyView> {
    const errors = new InputErrors();
    const keyId = idOf(request, 'keyId', errors);
    errors.throwIfAny();
    const key = await this.boot.log.access.revokeKey(keyId);
    if (key === undefined) throw refused(accessKeyProblem('unknown'));
    await this.access.keysChanged();
    return accessKeyView(key);
  }

  /** @throws ProblemError `access-open` */
  #secret(): string {
    const { secret } = this.access;
    if (secret === null) throw refused(accessKeyProblem('open'));
    return secret;
  }
}

function keyPlace(query: ListQuery): Pick<StoredAccessKey, 'createdAtMs' | 'keyId'> | null {
  const place = placeOf(query, momentPlace);
  return place && { createdAtMs: place.createdAtMs, keyId: place.id };
}
