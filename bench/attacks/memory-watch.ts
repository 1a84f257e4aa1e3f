import { readFile } from 'node:fs/promises';

const EVERY_MS = 100;
const KIB_PER_MIB = 1_024;

/** Watches the resident memory of a process. */
export function watchMemory(pid: number) {
  let most = 0;
  const look = async (): Promise<void> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    most = Math.max(most, Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / KIB_PER_MIB);
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  return {
    /** The most since it was last asked, MiB. */
    async takePeak(): Promise<number> {
      await look();
      const peak = most;
      most = 0;
      return peak;
    },
    end: () => {
      clearInterval(timer);
    },
  };
}
