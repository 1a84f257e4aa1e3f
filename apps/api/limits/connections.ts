import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type Server } from 'node:http';
import { BlockList, isIPv6, type Socket } from 'node:net';
import type { Settings } from '#settings';
import { ProblemError } from '../problems/problem-error.js';
import { PROBLEM_MEDIA_TYPE } from '../problems/problem-filter.js';
import { addressOf } from './client.js';

/**
 * Bounds the connections that a server holds, in all and from one address. A trusted proxy stands for many clients: its
 * address has no bound of its own.
 */
export function limitConnections(
  server: Server,
  { connectionsMax, connectionsPerAddressMax, trustedProxies }: Settings,
): void {
  const proxies = blockListOf(trustedProxies);
  const open = new Map<string, number>();
  let all = 0;
  server.on('connection', (socket) => {
    const remote = socket.remoteAddress ?? '';
    const address = addressOf(remote);
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    all += 1;
    socket.once('close', () => {
      all -= 1;
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (all > connectionsMax) {
      refuseConnection(socket, new ProblemError('overloaded', 'As many connections are open as there may be.'));
    } else if (count > connectionsPerAddressMax && !isIn(proxies, remote)) {
      const detail = `${connectionsPerAddressMax} connections are open from this address, and no more may be.`;
      refuseConnection(socket, new ProblemError('too-many-connections', detail));
    }
  });
}

function blockListOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

const isIn = (list: BlockList, address: string): boolean => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** What has no request to reply to is answered on its socket. */
export function refuseConnection(socket: Socket, problem: ProblemError): void {
  socket.on('error', () => undefined);
  const body = JSON.stringify({ ...problem.details(), traceId: randomUUID() });
  const headers = {
    ...problem.headers,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
  // Whatever comes is not read; who does not close either is cut off.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), CLOSE_MS);
  socket.once('close', () => {
    clearTimeout(timer);
  });
}

const CLOSE_MS = 1_000;
