import { Module } from '@nestjs/common';
import { MarketsController } from './markets.controller.js';
import { GetPriceSeriesHandler } from './price-series.js';
import { GetMarketHandler, GetQuoteHandler, ListMarketsHandler } from './queries.js';

@Module({
  controllers: [MarketsController],
  providers: [GetMarketHandler, ListMarketsHandler, GetQuoteHandler, GetPriceSeriesHandler],
})
export class MarketsModule {}
