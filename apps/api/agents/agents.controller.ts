import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AgentId } from '#domain';
import { CommandDesk } from '../commands/command-desk.js';
import { goneSignal } from '../http/gone.js';
import { ListQuery, ReadQuery } from '../http/pages.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiCommandRoute, ApiRoute } from '../reference/route-docs.js';
import { decimal, instant, object, page, ref, whole } from '../reference/schemas.js';
import { SeriesQuery } from '../series/series-query.js';
import { balanceSeriesSchema, GetBalanceSeries } from './balance-series.js';
import { ListPayouts } from './list-payouts.js';
import { GetAgent, ListAgents } from './queries.js';

@ApiTags('agents')
@Controller('v1/timelines/:timeline')
export class AgentsController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly queries: QueryBus,
  ) {}

  @Post('agents')
  @ApiCommandRoute('RegisterAgent', 'Register an agent')
  register(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('RegisterAgent', request, reply);
  }

  @Get('agents')
  @ApiRoute({
    summary: 'The agents, in order of id',
    operationId: 'ListAgents',
    path: ':timeline',
    query: ListQuery,
    reply: page(ref('Agent')),
  })
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, query } = readRequest(request, ListQuery);
    return answered(reply, await this.queries.execute(new ListAgents(target, query)));
  }

  @Get('agents/:agentId')
  @ApiRoute({
    summary: 'An agent with what it could spend now',
    operationId: 'GetAgent',
    path: ':timeline/:agentId',
    query: ReadQuery,
    reply: ref('Agent'),
  })
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids } = readRequest(request, ReadQuery);
    return answered(reply, await this.queries.execute(new GetAgent(target, ids['agentId'] as AgentId)));
  }

  @Post('agents/:agentId/deposits')
  @ApiCommandRoute('DepositFunds', 'Give an agent new money', 'agentId')
  deposit(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('DepositFunds', request, reply);
  }

  @Post('agents/:agentId/withdrawals')
  @ApiCommandRoute('WithdrawFunds', 'Take money out of the economy', 'agentId')
  withdraw(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('WithdrawFunds', request, reply);
  }

  @Post('transfers')
  @ApiCommandRoute('TransferFunds', 'Move money from one agent to another')
  transfer(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('TransferFunds', request, reply);
  }

  @Post('agents/:agentId/stakes')
  @ApiCommandRoute('AddStake', 'Stake available money for yield', 'agentId')
  stake(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('AddStake', request, reply);
  }

  @Post('agents/:agentId/unstakes')
  @ApiCommandRoute('WithdrawStake', 'Take money out of a stake', 'agentId')
  unstake(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('WithdrawStake', request, reply);
  }

  @Get('agents/:agentId/payouts')
  @ApiRoute({
    summary: 'What each distribution of yield paid the agent, oldest first',
    operationId: 'ListPayouts',
    path: ':timeline/:agentId',
    query: ListQuery,
    reply: page(object({ version: whole, at: instant, through: instant, amount: decimal })),
  })
  async payouts(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids, query } = readRequest(request, ListQuery);
    return answered(reply, await this.queries.execute(new ListPayouts(target, ids['agentId'] as AgentId, query)));
  }

  @Get('agents/:agentId/balances')
  @ApiRoute({
    summary: 'How an agent’s balances changed, for plotting',
    operationId: 'GetBalanceSeries',
    path: ':timeline/:agentId',
    query: SeriesQuery,
    reply: balanceSeriesSchema,
  })
  async balances(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids, query } = readRequest(request, SeriesQuery);
    const asked = { ...target, query, signal: goneSignal(reply) };
    return answered(reply, await this.queries.execute(new GetBalanceSeries(asked, ids['agentId'] as AgentId)));
  }
}
