import { pick, type Dice } from '../dice.js';
import { FRAGMENTS } from './hostile.js';

/** Bytes that break HTTP itself, sent on a connection of their own. None of them may have an effect. */
export interface Broken {
  readonly bytes: Buffer;
  /** `half-closed`: the client says that no more comes. `cut`: the connection is reset. `stalled`: nothing more happens. */
  readonly end: 'half-closed' | 'cut' | 'stalled';
}

/** @param whole A request that would have to be refused if it came whole, as it is sent. */
export function broken(roll: Dice, whole: Buffer, authorization: string): Broken {
  const end = pick(roll, ['half-closed', 'half-closed', 'half-closed', 'cut', 'stalled'] as const);
  if (end !== 'half-closed') return { bytes: whole.subarray(0, 1 + roll(whole.length - 1)), end };
  if (roll(4) === 0) return { bytes: whole.subarray(0, 1 + roll(whole.length - 1)), end };
  return { bytes: Buffer.from(pick(roll, MALFORMED)(roll, authorization), 'latin1'), end };
}

const target = '/v1/timelines/T/agents';
const host = 'Host: localhost\r\n';
const post = (headers: string, body: string, authorization: string): string =>
  `POST ${target} HTTP/1.1\r\n${host}${authorization}Content-Type: application/json\r\n${headers}\r\n${body}`;

const fixed =
  (text: string): ((roll: Dice, authorization: string) => string) =>
  () =>
    text;

const MALFORMED: readonly ((roll: Dice, authorization: string) => string)[] = [
  ...[
    'NONSENSE\r\n\r\n',
    '\r\n\r\n\r\n',
    '\u0000\u0001\u0002',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    'GET\r\n\r\n',
  ].map(fixed),
  ...[`GET ${target}\r\n\r\n`, `GET ${target} HTTP/9.9\r\n${host}\r\n`, `GET ${target} HTTP/1.1\r\n\r\n`].map(fixed),
  ...[
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `BREW ${target} HTTP/1.1\r\n${host}\r\n`,
    `get ${target} HTTP/1.1\r\n${host}\r\n`,
  ].map(fixed),
  ...[`CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`, `OPTIONS * HTTP/1.1\r\n${host}\r\n`].map(fixed),
  ...[`GET http://evil.example/v1 HTTP/1.1\r\n${host}\r\n`, `GET \\..\\ HTTP/1.1\r\n${host}\r\n`].map(fixed),
  ...[`GET ${target} HTTP/1.0\r\n\r\n`, `GET /a b HTTP/1.1\r\n${host}\r\n`, `GET /\u0000 HTTP/1.1\r\n${host}\r\n`].map(
    fixed,
  ),
  ...[`GET /\u00ff\u00fe HTTP/1.1\r\n${host}\r\n`, `GET ${target} HTTP/1.1\r\n${host}a\u0000: b\r\n\r\n`].map(fixed),
  ...[`GET ${target} HTTP/1.1\r\n${host}a: b\u0000c\r\n\r\n`, `GET ${target} HTTP/1.1\r\n${host}no colon\r\n\r\n`].map(
    fixed,
  ),
  ...[`GET ${target} HTTP/1.1\r\n${host}a : b\r\n\r\n`, `GET ${target} HTTP/1.1\r\n${host}a: b\r\n c\r\n\r\n`].map(
    fixed,
  ),
  ...[
    `GET ${target} HTTP/1.1\nHost: localhost\n\n`,
    `GET ${target} HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n`,
  ].map(fixed),
  fixed(`GET ${target} HTTP/1.1\r\n${host}x: ${'y'.repeat(20_000)}\r\n\r\n`),
  fixed(`GET ${target} HTTP/1.1\r\n${host}${'x: y\r\n'.repeat(3_000)}\r\n`),
  fixed(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`),
  fixed(`GET ${target} HTTP/1.1\r\n${host}Expect: a-miracle\r\n\r\n`),
  fixed(`GET ${target} HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
  fixed(`GET ${target} HTTP/1.1\r\n${host}\r\n`.repeat(20)),
  ...['-1', '1e3', '99999999999999999999', '5, 6', 'x', '', '0x5', '+5'].map(
    (length) => (_: Dice, authorization: string) => post(`Content-Length: ${length}\r\n`, '{}', authorization),
  ),
  (_, authorization) => post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}x', authorization),
  (_, authorization) => post('Content-Length: 50\r\n', '{}', authorization),
  (_, authorization) => post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n', authorization),
  (_, authorization) => post('Transfer-Encoding: gzip\r\n', '{}', authorization),
  (_, authorization) => post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n', authorization),
  (_, authorization) => post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n', authorization),
  (_, authorization) => post('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n', authorization),
  (_, authorization) => post('Transfer-Encoding: chunked\r\n', 'ffffffffffffffffff\r\n{}', authorization),
  (_, authorization) =>
    post('Transfer-Encoding: chunked\r\n', `2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`, authorization),
  (_, authorization) =>
    post('Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n', authorization),
  (_, authorization) => post('Expect: 100-continue\r\nContent-Length: 2\r\n', '{}', authorization),
  // A second request in what the first calls its body.
  (_, authorization) =>
    post('Content-Length: 0\r\n', post('Content-Length: 2\r\n', '[]', authorization), authorization),
  (roll, authorization) => {
    const value = pick(roll, FRAGMENTS);
    return post(
      `Transfer-Encoding: chunked\r\n`,
      [...value.slice(0, 300)].map((unit) => `1\r\n${unit}\r\n`).join(''),
      authorization,
    );
  },
];
