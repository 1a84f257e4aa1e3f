import { Module } from '@nestjs/common';
import { MarketsController } from './markets.controller.js';
import { GetMarketHandler, GetQuoteHandler, ListMarketsHandler } from './queries.js';

@Module({
  controllers: [MarketsController],
  providers: [GetMarketHandler, ListMarketsHandler, GetQuoteHandler],
})
export class MarketsModule {}
