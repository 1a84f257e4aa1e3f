import { BlockList, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** Whom a limit counts: the principal of a key or a token; where nobody has to show one, the address. */
export function clientOf({ principal, ip }: FastifyRequest): string {
  return principal === null || principal.name === 'anonymous' ? `address:${addressOf(ip)}` : principal.name;
}

const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

/**
 * What counts as one address. In IPv6 that is a network of 64 bits, since whoever has one address of it has them all; an IPv4
 * address is the same whether it is written as one of IPv6 or not.
 */
export function addressOf(ip: string): string {
  if (!ip.includes(':') || !isIPv6(ip)) return ip;
  const [address = ''] = ip.split('%');
  const groups = groupsOf(address);
  if (!MAPPED.check(address, 'ipv6')) return `${groups.slice(0, 4).join(':')}::/64`;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of an IPv6 address, in lower case and without leading zeros. */
function groupsOf(address: string): readonly string[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted !== null) {
    const [, before = '', ...bytes] = dotted;
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return groupsOf(`${before}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [left = '', right] = address.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const gap = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...gap, ...tail].map((group) => Number.parseInt(group, 16).toString(16));
}
