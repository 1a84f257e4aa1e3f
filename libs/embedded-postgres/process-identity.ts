import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since boot; empty where the system has no /proc. */
  readonly startedAtTicks: string;
  /** Among which processes its number counts; absent in what builds without it wrote. */
  readonly space?: string;
}

/** The identity of this very process. */
export function ownIdentity(): Required<ProcessIdentity> {
  return { pid: process.pid, startedAtTicks: startTicks(process.pid), space: ownSpace };
}

/** Whether that process would be found here if it lived. In another container or on another machine it would not. */
export function isOfThisSpace({ space }: ProcessIdentity): boolean {
  return space === undefined || space === ownSpace;
}

/** Whether that process, and not another with its number, is alive; asked only of one that would be found here. */
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

/** This boot of this machine, and the namespace that numbers its processes; the machine's name where there is no /proc. */
const ownSpace = ((): string => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
})();

function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may itself hold spaces and parentheses; the start time is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
