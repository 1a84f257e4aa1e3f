import { marks } from '../event-log/cutting-proxy.js';
import { freePort } from '../free-port.js';
import { startServer, type RunningServer } from '../server.js';
import { Proxy, type Ambush } from './proxy.js';

/** Statements that write a snapshot. */
const SNAPSHOT_MARKS = ['save-snapshot'];

/** What each life of a server starts with. */
export interface Birth {
  readonly env: Readonly<Record<string, string>>;
  /** The folder of the built project whose server it is. */
  readonly project: string;
}

/** One server process that is started again whenever it ends, behind the same address, with a network of its own. */
export class Member {
  readonly url: string;
  readonly proxy: Proxy;
  readonly #port: number;
  readonly #how: Birth;
  #server: RunningServer | null = null;
  #life: Promise<void> = Promise.resolve();
  #isWanted = true;
  /** Env of the next life only. */
  #once: Readonly<Record<string, string>> = {};
  starts = 0;
  /** What its lives wrote last: for the report of a run that failed. */
  readonly lastWords: string[] = [];

  private constructor(port: number, proxy: Proxy, how: Birth) {
    this.#port = port;
    this.proxy = proxy;
    this.#how = how;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async open(databaseUrl: string, how: Birth): Promise<Member> {
    const member = new Member(await freePort(), await Proxy.open(databaseUrl), how);
    member.#life = member.#live();
    return member;
  }

  get pid(): number | null {
    return this.#server?.pid ?? null;
  }

  /** Whether the process that runs now has logged this. */
  said(words: string): boolean {
    return this.#server?.logged().some(({ msg }) => msg.includes(words)) ?? false;
  }

  async ready(): Promise<void> {
    for (;;) {
      const server = this.#server;
      if (
        server !== null &&
        (await server.ready().then(
          () => true,
          () => false,
        )) &&
        this.#server === server
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Kills the process; it is started again at once. False where it is not running at the moment. */
  kill(): boolean {
    const server = this.#server;
    server?.kill('SIGKILL');
    return server !== null;
  }

  /** The same, and the next life has these variables too. */
  killInto(env: Readonly<Record<string, string>>): boolean {
    if (this.#server === null) return false;
    this.#once = env;
    return this.kill();
  }

  signal(signal: NodeJS.Signals): boolean {
    const server = this.#server;
    server?.kill(signal);
    return server !== null;
  }

  /** Resolves true once the next append was answered by the database and its reply lost; false if none came in time. */
  cutAtAppend(waitMs: number, of: { readonly bytesLetThrough: number; readonly kills: boolean }): Promise<boolean> {
    return this.#ambush(marks.append, waitMs, of);
  }

  /** The same for a snapshot: the process is killed while it is being stored. */
  killAtSnapshot(waitMs: number): Promise<boolean> {
    return this.#ambush(SNAPSHOT_MARKS, waitMs, { bytesLetThrough: 0, kills: true });
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    this.#server?.kill('SIGCONT');
    this.#server?.kill('SIGKILL');
    await this.#life;
    await this.proxy.close();
  }

  #ambush(
    marked: Ambush['marks'],
    waitMs: number,
    { bytesLetThrough, kills }: { readonly bytesLetThrough: number; readonly kills: boolean },
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.proxy.ambush(null);
        resolve(false);
      }, waitMs);
      this.proxy.ambush({
        marks: marked,
        bytesLetThrough,
        onAnswered: () => {
          clearTimeout(timer);
          if (kills) this.kill();
          resolve(true);
        },
      });
    });
  }

  async #live(): Promise<void> {
    while (this.#isWanted) {
      const env = { ...this.#how.env, ...this.#once };
      const { project } = this.#how;
      this.#once = {};
      this.starts += 1;
      try {
        const server = await startServer({ databaseUrl: this.proxy.url, port: this.#port, env, project });
        this.#server = server;
        const how = await server.exited;
        this.#server = null;
        this.lastWords.push(`ended with ${how}: ${server.output().slice(-3_000)}`);
        this.lastWords.splice(0, this.lastWords.length - 5);
      } catch (error) {
        this.lastWords.push(String(error).slice(-3_000));
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
}
