import { Module } from '@nestjs/common';
import { CompareTimelinesHandler } from './compare-timelines.js';
import { CompareController } from './compare.controller.js';

@Module({ controllers: [CompareController], providers: [CompareTimelinesHandler] })
export class CompareModule {}
