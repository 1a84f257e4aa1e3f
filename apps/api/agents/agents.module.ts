import { Module } from '@nestjs/common';
import { AgentsController } from './agents.controller.js';
import { GetBalanceSeriesHandler } from './balance-series.js';
import { ListPayoutsHandler } from './list-payouts.js';
import { GetAgentHandler, ListAgentsHandler } from './queries.js';

@Module({
  controllers: [AgentsController],
  providers: [GetAgentHandler, ListAgentsHandler, ListPayoutsHandler, GetBalanceSeriesHandler],
})
export class AgentsModule {}
