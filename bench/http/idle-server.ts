// The yardstick of HTTP: the product's own Fastify, hooks, body parser and filters, and routes behind which nothing
// happens. It is a process of its own, as the product is, and tells its address on its first line.
import 'reflect-metadata';
import { Controller, Get, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RouteConfig, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { openMemoryLog } from '#event-log';
import { openRuntime } from '#runtime';
import { runtimeLimits, Settings } from '#settings';
import { Access } from '../../apps/api/access/access.js';
import { Boot } from '../../apps/api/boot.js';
import { RouteTable } from '../../apps/api/http/route-table.js';
import { createServer, prepareServer } from '../../apps/api/http/server.js';
import { createLog, nestLogger } from '../../apps/api/logging.js';
import { Metrics } from '../../apps/api/metrics/metrics.js';
import { ProblemFilter } from '../../apps/api/problems/problem-filter.js';
import { agentReply, betReply } from './replies.js';

@Controller('v1/timelines/:timeline')
class IdleController {
  @Post('markets/:marketId/bets')
  @HttpCode(200)
  @RouteConfig({ operationId: 'PlaceBet' })
  bet(): object {
    return betReply;
  }

  @Get('agents/:agentId')
  @RouteConfig({ operationId: 'GetAgent' })
  agent(): object {
    return agentReply;
  }
}

@Module({ controllers: [IdleController] })
class IdleModule {}

async function createIdleApp(): Promise<NestFastifyApplication> {
  const settings = new Settings();
  const boot = new Boot();
  const adapter = createServer(settings);
  const routes = new RouteTable();
  const log = createLog({ logLevel: 'warn' });
  prepareServer(adapter.getInstance<FastifyInstance>(), {
    settings,
    boot,
    access: new Access(settings, log),
    metrics: new Metrics(boot),
    routes,
    rates: null,
    costlyRates: null,
  });
  const app = await NestFactory.create<NestFastifyApplication>(IdleModule, adapter, {
    bodyParser: false,
    logger: nestLogger(log),
  });
  app.useGlobalFilters(new ProblemFilter(log));
  const eventLog = openMemoryLog();
  boot.becomeReady(await openRuntime({ ...runtimeLimits(settings), log: eventLog, reducer: 'none' }), eventLog);
  return app;
}

const app = await createIdleApp();
await app.listen({ host: '127.0.0.1', port: 0 });
console.log(await app.getUrl());
