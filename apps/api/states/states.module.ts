import { Module } from '@nestjs/common';
import { GetPastAgentHandler, GetPastMarketHandler } from './get-row.js';
import { GetStateHandler, StreamStateHandler } from './get-state.js';
import { GetStepHandler } from './get-step.js';
import { StatesController } from './states.controller.js';

@Module({
  controllers: [StatesController],
  providers: [GetStateHandler, StreamStateHandler, GetPastAgentHandler, GetPastMarketHandler, GetStepHandler],
})
export class StatesModule {}
