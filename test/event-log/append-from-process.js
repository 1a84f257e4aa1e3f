// Appends from a process of its own: node append-from-process.js URL WRITER COMMITS. JavaScript on the rooms as built,
// because Node runs it without a compiler. Prints `ready` when it has read the head, begins when its input ends, and prints what
// was acknowledged, one JSON line.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openPostgresLog } from '#event-log-postgres';

const [url, writer, commits] = process.argv.slice(2);
const log = await openPostgresLog({ url, poolMax: 2, applicationName: writer, appendTimeoutMs: 5_000 });
const { timelineId } = await log.findTimeline('REALITY');

const acknowledged = [];
let lost = 0;
let { head } = await log.confirm(timelineId, []);
console.log('ready');
await once(process.stdin.resume(), 'end');
while (acknowledged.length < Number(commits)) {
  const commandId = randomUUID();
  const event = { type: 'BetPlaced', schemaVersion: 1, atMs: 1, commandId, actor: writer, data: '{}' };
  const request = { timelineId, expected: head, events: [event, event], keys: [], recordedAtMs: 1, writer };
  const outcome = await log.append(request);
  if (outcome.status === 'appended') {
    head = outcome.head;
    acknowledged.push({ commandId, version: head.version });
  } else {
    lost += 1;
    const lock = await log.lockHead(timelineId);
    head = lock.head;
    await lock.release();
  }
}
await log.close();
console.log(JSON.stringify({ acknowledged, lost }));
