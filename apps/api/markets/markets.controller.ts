import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CommandDesk } from '../commands/command-desk.js';
import { objectSchema } from '../fields/field.js';
import { InputErrors } from '../fields/read.js';
import { goneSignal } from '../http/gone.js';
import { bodyOf } from '../http/json-body.js';
import { ReadQuery } from '../http/pages.js';
import { answered } from '../queries/answer.js';
import { readRequest } from '../queries/read-request.js';
import { ApiCommandRoute, ApiRoute } from '../reference/route-docs.js';
import { decimal, object, page, ref, words } from '../reference/schemas.js';
import { SeriesQuery } from '../series/series-query.js';
import { GetMarket, GetQuote, ListMarkets, ListMarketsQuery } from './queries.js';
import { GetPriceSeries, priceSeriesSchema } from './price-series.js';
import { QuoteInput, readQuoteRequest } from './quote-request.js';

const quoteFields = {
  marketId: words,
  outcome: words,
  fee: decimal,
  shares: decimal,
  priceBefore: decimal,
  priceAfter: decimal,
};

const quoteSchema = {
  oneOf: [
    object({ side: { const: 'buy' }, ...quoteFields, amount: decimal }),
    object({ side: { const: 'sell' }, ...quoteFields, payout: decimal }),
  ],
};

@ApiTags('markets')
@Controller('v1/timelines/:timeline/markets')
export class MarketsController {
  constructor(
    private readonly desk: CommandDesk,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @ApiCommandRoute('CreateMarket', 'Open a market')
  create(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('CreateMarket', request, reply);
  }

  @Get()
  @ApiRoute({
    summary: 'The markets, in order of id',
    operationId: 'ListMarkets',
    path: ':timeline',
    query: ListMarketsQuery,
    reply: page(ref('Market')),
  })
  async list(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, query } = readRequest(request, ListMarketsQuery);
    return answered(reply, await this.queries.execute(new ListMarkets(target, query)));
  }

  @Get(':marketId')
  @ApiRoute({
    summary: 'A market; past its time it is shown as closed',
    operationId: 'GetMarket',
    path: ':timeline/:marketId',
    query: ReadQuery,
    reply: ref('Market'),
  })
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids } = readRequest(request, ReadQuery);
    return answered(reply, await this.queries.execute(new GetMarket(target, ids['marketId'] ?? '')));
  }

  @Get(':marketId/prices')
  @ApiRoute({
    summary: 'How a market’s prices and volume changed, for plotting',
    operationId: 'GetPriceSeries',
    path: ':timeline/:marketId',
    query: SeriesQuery,
    reply: priceSeriesSchema,
  })
  async prices(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids, query } = readRequest(request, SeriesQuery);
    const asked = { ...target, query, signal: goneSignal(reply) };
    return answered(reply, await this.queries.execute(new GetPriceSeries(asked, ids['marketId'] ?? '')));
  }

  @Post(':marketId/bets')
  @ApiCommandRoute('PlaceBet', 'Buy shares of an outcome', 'marketId')
  bet(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('PlaceBet', request, reply);
  }

  @Post(':marketId/sales')
  @ApiCommandRoute('SellShares', 'Sell shares of an outcome back', 'marketId')
  sell(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('SellShares', request, reply);
  }

  @Post(':marketId/quotes')
  @HttpCode(200)
  @ApiRoute({
    summary: 'What a trade would come to now; nothing happens',
    operationId: 'GetQuote',
    path: ':timeline/:marketId',
    query: ReadQuery,
    body: objectSchema(QuoteInput),
    reply: quoteSchema,
  })
  async quote(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { target, ids } = readRequest(request, ReadQuery);
    const quoted = readQuoteRequest(bodyOf(request).value, ids['marketId'] ?? '', new InputErrors());
    return answered(reply, await this.queries.execute(new GetQuote(target, quoted)));
  }

  @Post(':marketId/close')
  @ApiCommandRoute('CloseMarket', 'End trading before its time', 'marketId')
  close(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('CloseMarket', request, reply);
  }

  @Post(':marketId/resolve')
  @ApiCommandRoute('ResolveMarket', 'Pay the holders by what really happened', 'marketId')
  resolve(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('ResolveMarket', request, reply);
  }

  @Post(':marketId/void')
  @ApiCommandRoute('VoidMarket', 'Give the traders their payments back', 'marketId')
  void(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.desk.submit('VoidMarket', request, reply);
  }
}
