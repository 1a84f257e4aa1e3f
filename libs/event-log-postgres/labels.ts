import { TimelineGone } from '#event-log';
import type { Label, ProposedKey, SaveLabelOutcome, Stretch, TimelineId } from '#event-log';
import { integer, text } from './cells.js';
import type { Connections, Row } from './connections.js';
import { keyColumns, orKeyTaken } from './key-columns.js';
import {
  findLabel as findLabelStatement,
  insertLabel,
  insertLabelAndKey,
  listLabels as listLabelsStatement,
} from './sql/labels.js';

/** A label that the timeline or its ancestry has is told and left alone. */
export async function saveLabel(
  connections: Connections,
  { timelineId, ancestry }: { readonly timelineId: TimelineId; readonly ancestry: readonly Stretch[] },
  { label, version, key }: Pick<Label, 'label' | 'version'> & { readonly key: ProposedKey | null },
): Promise<SaveLabelOutcome> {
  const found = await findLabel(connections, ancestry, label);
  if (found !== undefined) return { status: 'found', label: found };
  const saved = await orKeyTaken(
    key === null
      ? connections.change(insertLabel, [timelineId, label, version])
      : connections.change(insertLabelAndKey, [timelineId, label, version, ...keyColumns(key)]),
  );
  if (saved === 'key-taken') return { status: saved };
  if (saved.length > 0) return { status: 'saved', label: { label, version, timeline: ancestry.at(-1)?.name ?? '' } };
  // Somebody else was quicker, and theirs is there now; or the timeline was removed meanwhile.
  const theirs = await findLabel(connections, ancestry, label);
  if (theirs === undefined) throw new TimelineGone(`timeline ${timelineId} is not in this log`);
  return { status: 'found', label: theirs };
}

export async function findLabel(
  connections: Connections,
  ancestry: readonly Stretch[],
  label: string,
): Promise<Label | undefined> {
  const [row] = await connections.rows(findLabelStatement, [...columnsOf(ancestry), label]);
  return row === undefined ? undefined : labelOf(row);
}

export async function listLabels(
  connections: Connections,
  ancestry: readonly Stretch[],
  { afterLabel, limit }: { readonly afterLabel: string | null; readonly limit: number },
): Promise<readonly Label[]> {
  const rows = await connections.rows(listLabelsStatement, [...columnsOf(ancestry), afterLabel, limit]);
  return rows.map(labelOf);
}

const columnsOf = (ancestry: readonly Stretch[]) => [
  ancestry.map(({ timelineId }) => timelineId),
  ancestry.map(({ toVersion }) => toVersion),
  ancestry.map((_, index) => ancestry[index + 1]?.timelineId ?? null),
];

const labelOf = (row: Row): Label => ({ label: text(row, 0), version: integer(row, 1), timeline: text(row, 2) });
