import { Module } from '@nestjs/common';
import { GetYieldHandler } from './queries.js';
import { YieldController } from './yield.controller.js';

@Module({ controllers: [YieldController], providers: [GetYieldHandler] })
export class YieldModule {}
