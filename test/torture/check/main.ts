// Judges the timelines of one round by their files alone, in a process that shares nothing with the servers or the
// clients: node main.ts FOLDER TIMELINE …  Prints the verdicts as JSON.
import { checkTimeline } from './check-timeline.js';
import type { Verdict } from './evidence.js';

const [folder = '', ...timelines] = process.argv.slice(2);
const verdicts: Verdict[] = [];
for (const timeline of timelines) verdicts.push(await checkTimeline(folder, timeline));
process.stdout.write(`${JSON.stringify(verdicts)}\n`);
