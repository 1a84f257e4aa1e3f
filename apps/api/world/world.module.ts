import { Module } from '@nestjs/common';
import { GetWorldHandler, ListWorldEventsHandler } from './queries.js';
import { WorldController } from './world.controller.js';

@Module({ controllers: [WorldController], providers: [GetWorldHandler, ListWorldEventsHandler] })
export class WorldModule {}
