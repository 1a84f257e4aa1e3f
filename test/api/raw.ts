import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '../server.js';

/** A connection on which bytes are sent as they are. */
export class RawConnection {
  readonly socket: Socket;
  /** All that has come. */
  received = '';

  private constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.on('error', () => undefined);
    this.socket.on('data', (data) => (this.received += data.toString('latin1')));
  }

  static async open(url: string): Promise<RawConnection> {
    const connection = new RawConnection(url);
    await once(connection.socket, 'connect');
    return connection;
  }

  /** Statuses of all replies that have begun, those that only say that more is to come included. */
  get statuses(): readonly number[] {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Waits for so many replies. */
  replies(count: number): Promise<void> {
    return until(() => this.statuses.length >= count);
  }

  close(): void {
    this.socket.destroy();
  }
}
