import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CommandReply } from '#presentation';
import { assertMayGive } from '../access/judge.js';
import { actorOf, principalOf } from '../access/principal.js';
import { InputErrors, isPlainObject } from '../fields/read.js';
import { readConditions, versionTag } from '../http/conditions.js';
import { bodyOf } from '../http/json-body.js';
import { timelineOf } from '../http/params.js';
import { asSent, comparedBody, requestKey, type ComparedBody } from '../http/request-key.js';
import { COMMANDS } from './commands.js';
import type { ClientCommandType, CommandKind } from './command-kind.js';
import { replyFrom } from './command-reply.js';
import { SubmitCommand } from './submit-command.js';

/** What a command is read from. */
interface CommandInput {
  /** The fields given, from the path and the body together. */
  readonly given: unknown;
  /** The body as requests with one key are compared. */
  readonly compared: () => ComparedBody;
}

/** Where every route of a single command comes together: read, submit, reply. */
@Injectable()
export class CommandDesk {
  constructor(private readonly bus: CommandBus) {}

  /** A command whose fields are the route's parameters and the body. @throws ProblemError */
  submit(type: ClientCommandType, request: FastifyRequest, reply: FastifyReply): Promise<CommandReply> {
    const { value } = bodyOf(request);
    const errors = new InputErrors();
    const given = withParams(value, request, errors);
    const kind = COMMANDS[type];
    const input = { given, compared: () => comparedBody(kind.dto, value) };
    return this.#submit(kind, { request, reply, input, errors });
  }

  /** A command that no batch takes. @throws ProblemError */
  submitKind(kind: CommandKind, request: FastifyRequest, reply: FastifyReply): Promise<CommandReply> {
    const { value } = bodyOf(request);
    const errors = new InputErrors();
    const input = { given: value ?? {}, compared: () => comparedBody(kind.dto, value) };
    return this.#submit(kind, { request, reply, input, errors });
  }

  /** The body is the document, compared as it was sent. @throws ProblemError */
  saveDocument(request: FastifyRequest, reply: FastifyReply): Promise<CommandReply> {
    const { text } = bodyOf(request);
    const errors = new InputErrors();
    const input = { given: { ...commandParams(request), text }, compared: () => asSent(text) };
    return this.#submit(COMMANDS.SaveDocument, { request, reply, input, errors });
  }

  async #submit(
    kind: CommandKind,
    of: {
      readonly request: FastifyRequest;
      readonly reply: FastifyReply;
      readonly input: CommandInput;
      readonly errors: InputErrors;
    },
  ): Promise<CommandReply> {
    const { request, reply, input, errors } = of;
    const timeline = timelineOf(request, errors);
    const { key, expectedVersion } = readConditions(request.headers, errors);
    const command = kind.read(input.given, { pointer: '', errors });
    errors.throwIfAny();
    if (command === undefined) throw new TypeError('a command was neither read nor refused');
    assertMayGive(principalOf(request), command);
    const submitted = new SubmitCommand(timeline, command, {
      actor: actorOf(request),
      key: requestKey(key, request, input.compared),
      expectedVersion,
    });
    const executed = await this.bus.execute(submitted);
    void reply.status(kind.status).header('etag', versionTag(executed.version));
    return replyFrom(kind, command, executed);
  }
}

/** The body may leave everything to the path, but not repeat it. */
function withParams(body: unknown, request: FastifyRequest, errors: InputErrors): unknown {
  const params = commandParams(request);
  if (body === undefined) return params;
  if (!isPlainObject(body)) return body;
  for (const name of Object.keys(params)) {
    if (Object.hasOwn(body, name)) errors.add(`/${name}`, 'stands in the path already');
  }
  return { ...body, ...params };
}

function commandParams(request: FastifyRequest): Readonly<Record<string, string>> {
  const { timeline: _timeline, ...params } = request.params as Record<string, string>;
  return params;
}
