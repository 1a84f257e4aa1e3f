import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { RuntimeOptions } from './options.js';

const MIB = 1_048_576;
/** Of a server without a timeline: its code, and the young generation that V8 counts in. Measured. */
const HEAP_WITHOUT_STATES = 112 * MIB;
/** Of what is left, the rest is for what is under way: requests, groups, spans of the log, text of states. */
const PART_FOR_STATES = 0.5;
const LEAST = 16 * MIB;
const LOADING_MAX = 8;

/** What the states of a process may take in memory, and how many timelines are loaded at once. */
export interface MemoryLimits {
  readonly statesBytesMax: number;
  /** No timeline may grow so large that there is no room beside it. */
  readonly timelineBytesMax: number;
  /** Each that is loaded takes some spans of the log and of a snapshot besides its state. */
  readonly loadingMax: number;
}

/** What is not given goes by the heap's limit, and by the memory of the machine or container. */
export function memoryLimits({
  processes = 1,
  statesBytesMax = defaultBytes(processes),
  stateBytesPerTimelineMax: timelineBytesMax = Math.floor(statesBytesMax / 2),
}: Pick<RuntimeOptions, 'processes' | 'statesBytesMax' | 'stateBytesPerTimelineMax'>): MemoryLimits {
  const loadingMax = Math.min(LOADING_MAX, Math.max(1, Math.floor(statesBytesMax / (48 * MIB))));
  return { statesBytesMax, timelineBytesMax, loadingMax };
}

function defaultBytes(processes: number): number {
  const heap = getHeapStatistics().heap_size_limit - HEAP_WITHOUT_STATES;
  // Node sets the heap's limit by the container's memory, and for each process as if it were the only one.
  const constrained = process.constrainedMemory();
  const machine = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.max(LEAST, Math.floor(PART_FOR_STATES * Math.min(heap, machine / processes)));
}
