import { Module } from '@nestjs/common';
import { EventsController } from './events.controller.js';
import { ListEventsHandler } from './list-events.js';

@Module({ controllers: [EventsController], providers: [ListEventsHandler] })
export class EventsModule {}
