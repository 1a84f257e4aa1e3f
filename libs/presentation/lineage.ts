import type { Lineage } from '#runtime';
import { statusOf, type TimelineStatus } from './timeline.js';

/** Where a timeline comes from and what was forked from it. */
export interface LineageView {
  readonly timeline: string;
  /** The parent first, the root last. */
  readonly ancestors: readonly { readonly timeline: string; readonly forkVersion: number }[];
  readonly forks: readonly {
    readonly timeline: string;
    readonly forkVersion: number | null;
    readonly status: TimelineStatus;
  }[];
}

/** A lineage with the status of each fork. */
export const lineageView = ({ timeline, ancestors, forks }: Lineage): LineageView => ({
  timeline,
  ancestors,
  forks: forks.map((record) => ({
    timeline: record.name,
    forkVersion: record.parent?.forkVersion ?? null,
    status: statusOf(record),
  })),
});
