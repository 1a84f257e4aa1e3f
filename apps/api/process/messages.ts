/** What a worker says to the primary process. */
export type WorkerMessage =
  /** It listens to the primary from now on. */
  | { readonly kind: 'attached' }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'ready' }
  /** It cannot start, and another one could not either. */
  | { readonly kind: 'failed'; readonly sentence: string };

/** What the primary process says to a worker. */
export type PrimaryMessage =
  | { readonly kind: 'database-seen'; readonly reached: boolean }
  /** The database is migrated. Its connection string goes this way and by no file, environment or command line. */
  | { readonly kind: 'connect'; readonly databaseUrl: string }
  /** All workers are. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'notice' }
  | { readonly kind: 'stop'; readonly graceMs: number };
