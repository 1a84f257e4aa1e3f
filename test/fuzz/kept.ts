// Requests that once broke something, and what each has to be answered now. A new one is put at the end.

export interface KeptRequest {
  /** What was wrong. */
  readonly was: string;
  /** As it is sent; the client then says that no more comes. */
  readonly bytes: string;
  readonly status: number;
}

const agents = '/v1/timelines/T/agents';

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
];
