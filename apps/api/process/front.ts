/** What serves HTTP: this process itself, or its workers. Its port is open from the start. */
export interface Front {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Rejects if it can never serve. */
  readonly failed: Promise<never>;
  /** Tells the health routes whether the database answers, while it is being prepared. */
  sawDatabase(reached: boolean): void;
  /** Begins to answer from a migrated database; resolves when the master timeline is folded. */
  connect(databaseUrl: string, signal: AbortSignal): Promise<void>;
  /** Says to whoever balances the load that this server is about to stop, and goes on to serve. */
  giveNotice(): void;
  /** Takes no new requests, finishes those under way, and lets go of the database. Resolves after `graceMs` at the latest. */
  close(graceMs: number): Promise<void>;
}
