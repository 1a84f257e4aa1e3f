import type { AccessRole, AccessScope, NameRange } from '#event-log';

/** The roles, each of which may do what the ones before it may. */
export const ROLES = ['reader', 'agent', 'operator', 'admin'] as const satisfies readonly AccessRole[];

/** Timelines that one key may name. */
export const SCOPE_ENTRIES_MAX = 100;

const SCOPE_ENTRY = /^[A-Za-z0-9][A-Za-z0-9_\-.:]{0,127}\*?$/;
const AGENT_ID = /^[A-Za-z0-9][A-Za-z0-9_\-.:]{0,127}$/;

/** Whether a text can stand in a scope: the name of a timeline, or the beginning of names with `*` behind it. */
export const isScopeEntry = (text: unknown): text is string => typeof text === 'string' && SCOPE_ENTRY.test(text);

/** Whether the timeline of that name is in the scope; null is all. */
export function isInScope(timelines: readonly string[] | null, name: string): boolean {
  if (timelines === null) return true;
  return timelines.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : entry === name));
}

/** Every name that a scope has is from one of these to its end, both included. */
export const namesIn = (timelines: readonly string[]): readonly NameRange[] =>
  timelines.map((entry) => {
    const from = entry.replace(/\*$/, '');
    return { from, to: entry === from ? from : `${from}${LAST_CODE_POINT}` };
  });

const LAST_CODE_POINT = '\u{10ffff}';

/** Whether a role may do what takes at least another. */
export const isAtLeast = (role: AccessRole, least: AccessRole): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least);

/** What is wrong with a scope, as a sentence; undefined where nothing is. */
export function faultOfScope({ role, agentId, timelines }: AccessScope): string | undefined {
  if (role === 'agent' && agentId === null) return 'A key for an agent names the agent.';
  if (role !== 'agent' && agentId !== null) return `A key for a${role === 'reader' ? '' : 'n'} ${role} names no agent.`;
  if (agentId !== null && !AGENT_ID.test(agentId)) return 'The agent is named by its id.';
  if (timelines === null) return undefined;
  if (role === 'admin') return 'An admin is not limited to timelines: it could make itself a key that is not.';
  if (timelines.length === 0 || timelines.length > SCOPE_ENTRIES_MAX || !timelines.every(isScopeEntry)) {
    return `Timelines are 1 to ${SCOPE_ENTRIES_MAX} names, or beginnings of names with * behind them.`;
  }
  return undefined;
}
