import type { ChainHash, Head, RecordedCommit, RecordedEvent, RecordedKey } from './log.js';

/** A timeline to restore: what the parts behind it belong to, up to the next timeline. */
export interface TimelineToRestore {
  readonly name: string;
  /** Restored before it, or there already. */
  readonly parent: { readonly name: string; readonly forkVersion: number } | null;
  readonly genesisHash: ChainHash;
  /** Where the last of its own commits ends. */
  readonly head: Head;
  readonly createdAtMs: number;
}

/** One part of what is restored. Of a timeline, its own commits come first and in order. */
export type RestorePart =
  | { readonly kind: 'timeline'; readonly timeline: TimelineToRestore }
  | { readonly kind: 'commit'; readonly commit: RecordedCommit; readonly events: readonly RecordedEvent[] }
  | { readonly kind: 'keys'; readonly keys: readonly RecordedKey[] }
  | { readonly kind: 'labels'; readonly labels: readonly { readonly label: string; readonly version: number }[] }
  /** Of the server's scope, after the last timeline. One that is burnt already stays as it is. */
  | { readonly kind: 'server-keys'; readonly keys: readonly RecordedKey[] };

/** What became of a restoration. */
export type RestoreOutcome =
  | {
      readonly status: 'restored';
      /** Those that were there already, with the same history up to the head to restore; nothing of them was written. */
      readonly already: ReadonlySet<string>;
    }
  /** Another timeline has or had that name; nothing was written. */
  | { readonly status: 'name-taken'; readonly name: string };
