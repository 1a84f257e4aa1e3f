// The process of an attacker: what it costs to attack is not the writer's. It sends what it is told, on loopback, for as long
// as it is told and no longer, and answers with how many requests it sent.
import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { obey } from '../child.js';
import type { Body, Order, Shot } from './order.js';

const PAUSE_AFTER_FAILURE_MS = 50;

/** Made once: packing takes a while. */
const bodies = new Map<string, Buffer>();

async function attack({ url, connections, isHeld = false, ms, requestsMax }: Order): Promise<number> {
  for (const { body } of connections)
    bodies.set(JSON.stringify(body), bodies.get(JSON.stringify(body)) ?? bytesOf(body));
  if (ms === 0) return 0;
  const agent = new Agent({ keepAlive: true, maxSockets: connections.length });
  const over = AbortSignal.timeout(ms);
  setMaxListeners(0, over);
  over.addEventListener('abort', () => {
    agent.destroy();
  });
  let sent = 0;
  const run = async (shot: Shot): Promise<void> => {
    const bytes = bodies.get(JSON.stringify(shot.body)) ?? Buffer.alloc(0);
    while (!over.aborted && sent < requestsMax) {
      const path = shot.path.replaceAll('{n}', String((sent += 1)));
      const answered = await send({ url: url + path, shot, bytes, agent, signal: over });
      if (isHeld) return;
      if (!answered && !over.aborted) await sleep(PAUSE_AFTER_FAILURE_MS);
    }
  };
  await Promise.all(connections.map(run));
  agent.destroy();
  return sent;
}

interface Sending {
  readonly url: string;
  readonly shot: Shot;
  readonly bytes: Buffer;
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

/** Whether there was an answer, read to its end. */
function send({ url, shot, bytes, agent, signal }: Sending): Promise<boolean> {
  const { method, headers = {}, body } = shot;
  const about = body.kind === 'none' ? {} : { 'content-length': String(bytes.length) };
  return new Promise((resolve) => {
    const asked = request(url, { method, agent, signal, headers: { ...about, ...headers } }, (response) => {
      response.on('error', () => undefined).resume();
      response.once('close', () => {
        resolve(response.complete);
      });
    });
    asked.once('error', () => {
      resolve(false);
    });
    asked.end(bytes);
  });
}

function bytesOf(body: Body): Buffer {
  switch (body.kind) {
    case 'none':
      return Buffer.alloc(0);
    case 'text':
      return Buffer.from(body.text);
    case 'repeated':
      return Buffer.alloc(body.bytes, body.character);
    case 'packed':
      return gzipSync(Buffer.concat([Buffer.alloc(body.bytes, body.character), Buffer.from('\n')]), { level: 9 });
  }
}

obey(attack, () => Promise.resolve());
