import { Module } from '@nestjs/common';
import { ArchivesController } from './archives.controller.js';

@Module({ controllers: [ArchivesController] })
export class ArchivesModule {}
