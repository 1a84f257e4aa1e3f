import type { TimelineEntryView } from '#presentation';
import { refused } from '../failure.js';

/** Timelines by the name of their parent. */
export type Children = ReadonlyMap<string | null, readonly TimelineEntryView[]>;

/** In each list the order of the entries stays. */
export function childrenOf(entries: readonly TimelineEntryView[]): Children {
  const children = new Map<string | null, TimelineEntryView[]>();
  for (const entry of entries) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
  }
  return children;
}

/** A timeline with all that it stands on and all that stands on it. @throws Failure `timeline-unknown` */
export function familyOf(entries: readonly TimelineEntryView[], name: string): readonly TimelineEntryView[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const self = byName.get(name);
  if (self === undefined) throw refused('timeline-unknown', `There is no timeline ${name}.`);
  const family = new Set<TimelineEntryView>([self]);
  for (const { parent } of family) {
    const found = parent === null ? undefined : byName.get(parent);
    if (found !== undefined) family.add(found);
  }
  for (const descendant of descendantsOf(childrenOf(entries), name)) family.add(descendant);
  return entries.filter((entry) => family.has(entry));
}

/** One line for each timeline, forks below what they were forked from. */
export function treeLines(entries: readonly TimelineEntryView[]): readonly string[] {
  const lines = branchLines(childrenOf(entries), null, '');
  const width = Math.max(0, ...lines.map(([name]) => name.length));
  return lines.map(([name, about]) => `${name.padEnd(width)}  ${about}`);
}

function branchLines(children: Children, parent: string | null, indent: string): (readonly [string, string])[] {
  const siblings = children.get(parent) ?? [];
  return siblings.flatMap((entry, i) => {
    const isLast = i === siblings.length - 1;
    const [own, below] = parent === null ? ['', ''] : isLast ? ['└─ ', '   '] : ['├─ ', '│  '];
    return [
      [`${indent}${own}${entry.name}`, aboutOf(entry)] as const,
      ...branchLines(children, entry.name, indent + below),
    ];
  });
}

function aboutOf({ version, status, forkVersion }: TimelineEntryView): string {
  const from = forkVersion === null ? '' : `, forked at ${forkVersion}`;
  return `version ${version}, ${status}${from}`;
}

function* descendantsOf(children: Children, name: string): Generator<TimelineEntryView> {
  for (const child of children.get(name) ?? []) {
    yield child;
    yield* descendantsOf(children, child.name);
  }
}
