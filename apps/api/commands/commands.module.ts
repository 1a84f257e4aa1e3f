import { Global, Module } from '@nestjs/common';
import { BatchesController } from './batches.controller.js';
import { CommandDesk } from './command-desk.js';
import { SubmitBatchHandler } from './submit-batch.js';
import { SubmitCommandHandler } from './submit-command.js';

/** Submitting commands, one or many; every feature's routes come through its desk. */
@Global()
@Module({
  controllers: [BatchesController],
  providers: [CommandDesk, SubmitCommandHandler, SubmitBatchHandler],
  exports: [CommandDesk],
})
export class CommandsModule {}
