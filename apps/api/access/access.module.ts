import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { KeysController } from './keys.controller.js';

@Module({ controllers: [AuditController, KeysController] })
export class AccessModule {}
