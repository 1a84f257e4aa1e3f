import { Module } from '@nestjs/common';
import { DocumentsController } from './documents.controller.js';
import { GetDocumentHandler, ListDocumentsHandler } from './queries.js';

@Module({ controllers: [DocumentsController], providers: [GetDocumentHandler, ListDocumentsHandler] })
export class DocumentsModule {}
