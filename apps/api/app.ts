import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Settings } from '#settings';
import { Access } from './access/access.js';
import { AccessModule } from './access/access.module.js';
import { AdminModule } from './admin/admin.module.js';
import { CompareModule } from './compare/compare.module.js';
import { ArchivesModule } from './archives/archives.module.js';
import { DocumentsModule } from './documents/documents.module.js';
import { EventsModule } from './events/events.module.js';
import { MarketsModule } from './markets/markets.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { ReplaysModule } from './replays/replays.module.js';
import { StatesModule } from './states/states.module.js';
import { TimelinesModule } from './timelines/timelines.module.js';
import { VerifyModule } from './verify/verify.module.js';
import { WorldModule } from './world/world.module.js';
import { YieldModule } from './yield/yield.module.js';
import { serveReference } from './reference/reference-routes.js';
import { AgentsModule } from './agents/agents.module.js';
import { Boot } from './boot.js';
import { CommandsModule } from './commands/commands.module.js';
import { ForksModule } from './forks/forks.module.js';
import { HealthModule } from './health/health.module.js';
import { RouteTable } from './http/route-table.js';
import { createServer, prepareServer } from './http/server.js';
import { nestLogger } from './logging.js';
import { SharedRates } from './limits/shared-rates.js';
import { Metrics } from './metrics/metrics.js';
import { ProblemFilter } from './problems/problem-filter.js';

/** What an app is made of. */
export interface AppParts {
  readonly settings: Settings;
  /** How far the process is; its owner moves it on. */
  readonly boot: Boot;
  readonly log: Logger;
}

/**
 * The HTTP application, not listening yet. It may listen at once: until `boot` is ready, /v1 is answered 503 `starting`,
 * and the health routes say so. `app.get(Metrics)` counts for the runtime.
 */
export async function createApp({ settings, boot, log }: AppParts): Promise<NestFastifyApplication> {
  const adapter = createServer(settings);
  const routes = new RouteTable();
  const metrics = new Metrics(boot);
  const access = new Access(settings, log);
  const store = () => boot.log.access;
  const ratesOf = (perSecond: number) => (perSecond === 0 ? null : new SharedRates(perSecond, { store, log }));
  const rates = ratesOf(settings.requestsPerSecondMax);
  const costlyRates = ratesOf(settings.costlyRequestsPerSecondMax);
  prepareServer(adapter.getInstance<FastifyInstance>(), {
    settings,
    boot,
    access,
    metrics,
    routes,
    rates,
    costlyRates,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register({ settings, boot, access, metrics }),
    adapter,
    {
      bodyParser: false,
      abortOnError: false,
      logger: nestLogger(log),
    },
  );
  app.useGlobalFilters(new ProblemFilter(log));
  if (settings.corsOrigins.length > 0) {
    // Before all other hooks, so that a page that may ask can read why it was refused.
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
    app.enableCors({ origin: [...settings.corsOrigins], methods, exposedHeaders: '*' });
  }
  serveReference(app);
  return app;
}

/** What every feature may ask for: how far the process is, its settings, who asks, and its counters. */
interface ProcessParts {
  readonly settings: Settings;
  readonly boot: Boot;
  readonly access: Access;
  readonly metrics: Metrics;
}

@Module({})
class ProcessModule {
  static register({ settings, boot, access, metrics }: ProcessParts): DynamicModule {
    const providers = [
      { provide: Settings, useValue: settings },
      { provide: Boot, useValue: boot },
      { provide: Access, useValue: access },
      { provide: Metrics, useValue: metrics },
    ];
    return { module: ProcessModule, global: true, providers, exports: providers };
  }
}

@Module({})
class AppModule {
  static register(parts: ProcessParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        CqrsModule.forRoot(),
        ProcessModule.register(parts),
        CommandsModule,
        AccessModule,
        AdminModule,
        AgentsModule,
        CompareModule,
        ArchivesModule,
        DocumentsModule,
        EventsModule,
        ForksModule,
        HealthModule,
        MarketsModule,
        ProblemsModule,
        ReplaysModule,
        StatesModule,
        TimelinesModule,
        VerifyModule,
        WorldModule,
        YieldModule,
      ],
    };
  }
}
