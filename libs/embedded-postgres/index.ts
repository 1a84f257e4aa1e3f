export { EmbeddedPostgresError, NoRoomError } from './failure.js';
export { findEmbeddedPostgres, type FoundPostgres } from './find.js';
export { lookAtEmbeddedPostgres, type EmbeddedPostgresLook } from './look.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './start.js';
export { startThrowawayPostgres } from './throwaway.js';
