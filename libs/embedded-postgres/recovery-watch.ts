import { readFileSync } from 'node:fs';

/** A crash's last children are gone after 5 s, and then recovery starts; no healthy server is without it for longer. */
const hopelessAfterMs = 6_000;

/** What it sends, and how long that gets. */
const quitMs = 3_000;

/**
 * Finds a server that lives and will never serve again: when its recovery from a crash fails itself (the disk is full, or
 * broken, still), PostgreSQL 18 waits for ever for nothing, and takes no connections. Then it has neither the process that
 * recovers nor the one that writes the log of a server that is up.
 */
export class RecoveryWatch {
  #pid = 0;
  #hopelessSinceMs: number | null = null;

  /** The signal that the server is to get now, if any; to be asked again and again. */
  look(pid: number): NodeJS.Signals | undefined {
    if (pid !== this.#pid || !hasLostRecovery(pid)) {
      this.#pid = pid;
      this.#hopelessSinceMs = null;
      return undefined;
    }
    this.#hopelessSinceMs ??= performance.now();
    const forMs = performance.now() - this.#hopelessSinceMs;
    if (forMs < hopelessAfterMs) return undefined;
    return forMs < hopelessAfterMs + quitMs ? 'SIGQUIT' : 'SIGKILL';
  }
}

/** Known on Linux only; elsewhere nothing is taken for lost. */
function hasLostRecovery(pid: number): boolean {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const titles = children.map((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8'));
    return !titles.some((title) => /^postgres: (?:startup|walwriter)/.test(title));
  } catch {
    return false;
  }
}
