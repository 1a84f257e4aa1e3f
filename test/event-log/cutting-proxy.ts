import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens, once, to the next append that passes. */
type Fault =
  /** The server gets it; its reply is lost and the connection is reset. */
  | 'reply-lost'
  /** The server gets it; the reply never comes and nothing says why. */
  | 'reply-swallowed'
  /** The connection is reset before the server gets any of it. */
  | 'never-arrives'
  /** The client is cut off at once; the server gets it only when `deliver` is called. */
  | 'arrives-late';

/** A TCP proxy before PostgreSQL that can cut a connection at the worst moment. */
export interface CuttingProxy {
  /** The database's URL with the proxy's address in it. */
  readonly url: string;
  /** How many faults really happened. */
  fired(): number;
  arm(fault: Fault): void;
  /** Hands over what `arrives-late` held back. */
  deliver(): void;
  /** From now on nobody is let in, as with the database away. */
  refuse(refusing: boolean): void;
  /** Cuts every connection there is. */
  cutAll(): void;
  close(): Promise<void>;
}

/** Bytes that mark a message on its way to the server: a statement by its name, COMMIT by itself (its length is 11). */
export const marks = { append: ['append-events', 'burn-keys'], commit: ['Q\0\0\0\u000bcommit\0'] } as const;

export async function startCuttingProxy(
  databaseUrl: string,
  marked: readonly string[] = marks.append,
): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const wanted = marked.map((text) => Buffer.from(text));
  let armed: Fault | undefined;
  let refusing = false;
  let fired = 0;
  let held: (() => void) | undefined;

  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };

  const server = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    let replies: 'forwarded' | 'lost' | 'swallowed' = 'forwarded';
    let keepUpstream = false;
    client.on('data', (chunk) => {
      const fault = armed;
      if (fault === undefined || !wanted.some((mark) => chunk.includes(mark))) {
        upstream.write(chunk);
        return;
      }
      armed = undefined;
      fired += 1;
      switch (fault) {
        case 'reply-lost':
          replies = 'lost';
          upstream.write(chunk);
          break;
        case 'reply-swallowed':
          replies = 'swallowed';
          upstream.write(chunk);
          break;
        case 'never-arrives':
          client.destroy();
          upstream.destroy();
          break;
        case 'arrives-late':
          keepUpstream = true;
          held = () => upstream.write(chunk);
          client.destroy();
          break;
      }
    });
    upstream.on('data', (chunk) => {
      if (replies === 'forwarded') client.write(chunk);
      if (replies === 'lost') client.resetAndDestroy();
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => {
      if (!keepUpstream) upstream.destroy();
    });
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    fired: () => fired,
    arm: (fault) => (armed = fault),
    deliver: () => held?.(),
    refuse: (value) => (refusing = value),
    cutAll,
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
