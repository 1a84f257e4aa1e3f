// Requests that once broke something, and what each has to be answered now. A new one is put at the end.

export interface KeptRequest {
  /** What was wrong. */
  readonly was: string;
  /** As it is sent; the client then says that no more comes. */
  readonly bytes: string;
  readonly status: number;
}

const agents = '/v1/timelines/T/agents';

const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');

export const KEPT: readonly KeptRequest[] = [
  {
    was: '417 without a body, by Node itself',
    bytes: `GET ${agents} HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\n\r\n`,
    status: 200,
  },
  { was: '400 without a body, by Node itself', bytes: `GET ${agents} HTTP/1.1\r\n\r\n`, status: 400 },
  {
    was: '500 for a NUL in a cursor',
    bytes: 'GET /v1/timelines/T/labels?cursor=AA HTTP/1.1\r\nHost: localhost\r\n\r\n',
    status: 400,
  },
  {
    was: '500 for a cursor of 40 digits',
    bytes: `GET ${agents}/ann/payouts?cursor=${cursorOf(Array.from({ length: 8 }, () => '9'.repeat(40)).join(','))} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    status: 400,
  },
  {
    was: 'the first page for a cursor of another list',
    bytes: `GET /v1/admin/audit?cursor=${cursorOf('ann')} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    status: 400,
  },
];
