import type { TimelineEntryView } from '#presentation';
import { childrenOf, type Children } from './tree.js';

/**
 * The forks that may go: completed before a time, with nothing on them that stays. Deepest first, so that each goes when
 * nothing stands on it any more.
 */
export function prunable(
  entries: readonly TimelineEntryView[],
  { completedBeforeMs }: { readonly completedBeforeMs: number },
): readonly TimelineEntryView[] {
  const children = childrenOf(entries);
  const isOver = ({ parent, status, lastRecordedAt }: TimelineEntryView): boolean =>
    parent !== null && status === 'completed' && Date.parse(lastRecordedAt) <= completedBeforeMs;
  return (children.get(null) ?? []).flatMap((root) => goingBelow(root, children, isOver).going);
}

function goingBelow(
  entry: TimelineEntryView,
  children: Children,
  isOver: (entry: TimelineEntryView) => boolean,
): { readonly going: readonly TimelineEntryView[]; readonly goes: boolean } {
  const below = (children.get(entry.name) ?? []).map((child) => goingBelow(child, children, isOver));
  const going = below.flatMap((branch) => branch.going);
  const goes = isOver(entry) && below.every((branch) => branch.goes);
  return { going: goes ? [...going, entry] : going, goes };
}
