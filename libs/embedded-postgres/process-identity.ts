import { readFileSync, readlinkSync } from 'node:fs';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot; empty where the system has no /proc. */
  readonly startedAtTicks: string;
}

/** The identity of this very process. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startedAtTicks: startTicks(process.pid) };
}

/** Whether that process, and not another with its number, is alive. */
export function isAlive({ pid, startedAtTicks }: ProcessIdentity): boolean {
  return isRunning(pid) && startTicks(pid) === startedAtTicks;
}

/** Whether a live process has this number and works in this folder, as PostgreSQL does in its data directory. */
export function worksIn(pid: number, folder: string): boolean {
  if (!isRunning(pid)) {
    return false;
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return process.platform !== 'linux';
  }
}

/** Whether any process has this number. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may itself hold spaces and parentheses; the start time is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
