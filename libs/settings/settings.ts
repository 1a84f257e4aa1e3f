import 'reflect-metadata';
import {
  accessKey,
  address,
  credential,
  databaseUrl,
  folder,
  networks,
  oneOf,
  origins,
  secureUrl,
  serverSecret,
  wholeNumber,
  words,
} from './allowed.js';

/**
 * What the environment sets, with its defaults. Each property is the variable of the same name in capitals:
 * `snapshotKeep` is SNAPSHOT_KEEP. `.env.example` lists them all.
 */
export class Settings {
  /** `production` refuses what is only safe on a developer's machine. */
  @oneOf('development', 'production')
  readonly environment: 'development' | 'production' = 'development';

  /** The address to listen on: by default 127.0.0.1, in production 0.0.0.0. */
  @address()
  readonly host: string = '127.0.0.1';

  /** The port of HTTP; 0 takes any that is free. */
  @wholeNumber({ from: 0, to: 65_535 })
  readonly port: number = 8000;

  /** How many processes serve HTTP. */
  @wholeNumber({ from: 1, to: 64 })
  readonly workers: number = 1;

  /** Where the embedded PostgreSQL keeps its data; unused with `databaseUrl`. In production it has no default. */
  @folder()
  readonly dataDir: string | undefined = './data';

  /** A PostgreSQL of one's own; `?schema=NAME` keeps the log in another schema than public. Without it an embedded one is run. */
  @databaseUrl()
  readonly databaseUrl: string | undefined = undefined;

  /** The owner's connection to that PostgreSQL, for migrations; `databaseUrl` where it is not given. */
  @databaseUrl()
  readonly databaseAdminUrl: string | undefined = undefined;

  /** Connections each process may hold for commands, and for what they wait for. */
  @wholeNumber({ from: 2, to: 1_000 })
  readonly databasePoolMax: number = 10;

  /** Connections it may hold besides for reads of the past and of lists; one more looks at heads. */
  @wholeNumber({ from: 1, to: 1_000 })
  readonly databaseReadPoolMax: number = 6;

  /** A timeline that changed is snapshotted this often. */
  @wholeNumber({ from: 1, to: 86_400 })
  readonly snapshotIntervalSeconds: number = 60;

  /** It is snapshotted after so many events too. */
  @wholeNumber({ from: 1, to: 1_000_000_000 })
  readonly snapshotEveryEvents: number = 50_000;

  /** Snapshots kept of each timeline, for each format and reducer. */
  @wholeNumber({ from: 1, to: 1_000 })
  readonly snapshotKeep: number = 5;

  /** Timelines held in memory by one process. */
  @wholeNumber({ from: 1, to: 100_000 })
  readonly timelinesLoadedMax: number = 64;

  /** A timeline nobody uses leaves memory after so long. */
  @wholeNumber({ from: 1, to: 86_400 })
  readonly timelineIdleSeconds: number = 600;

  /** Commands that may wait in the queue of one timeline; more are answered 503. */
  @wholeNumber({ from: 1, to: 1_000_000 })
  readonly commandsQueuedMax: number = 10_000;

  /** Events that one group commit may write. */
  @wholeNumber({ from: 1, to: 100_000 })
  readonly eventsPerCommitMax: number = 2_000;

  /** A command that has not been answered by then leaves the queue. */
  @wholeNumber({ from: 100, to: 600_000 })
  readonly commandDeadlineMs: number = 10_000;

  /** Event streams that one process holds open. */
  @wholeNumber({ from: 1, to: 100_000 })
  readonly streamsMax: number = 1_000;

  /** Those of one client: of a key, or of an address where no key is needed. */
  @wholeNumber({ from: 1, to: 100_000 })
  readonly streamsPerClientMax: number = 500;

  /** Connections that one process holds open. */
  @wholeNumber({ from: 1, to: 1_000_000 })
  readonly connectionsMax: number = 10_000;

  /** Those from one address that is no trusted proxy's. */
  @wholeNumber({ from: 1, to: 1_000_000 })
  readonly connectionsPerAddressMax: number = 2_000;

  /** Requests a second of one client, over all processes; 0: no limit. */
  @wholeNumber({ from: 0, to: 1_000_000 })
  readonly requestsPerSecondMax: number = 0;

  /** Those of them that cost much, such as pages of the log and past states; 0: no limit of their own. */
  @wholeNumber({ from: 0, to: 1_000_000 })
  readonly costlyRequestsPerSecondMax: number = 100;

  /** Requests without a valid key, or for no route, that one address may make in a minute at one process; 0: no limit. */
  @wholeNumber({ from: 0, to: 1_000_000 })
  readonly badKeysPerMinuteMax: number = 300;

  /** An answer that has not begun by then is given up; never less than the deadline of commands. */
  @wholeNumber({ from: 100, to: 3_600_000 })
  readonly handlerTimeoutMs: number = 60_000;

  /** Where turns of the event loop come later than that, requests are answered 503; 0: no limit. */
  @wholeNumber({ from: 0, to: 60_000 })
  readonly eventLoopDelayMaxMs: number = 1_000;

  /** Past states folded at once by one process; a few more wait, the rest is answered 503. */
  @wholeNumber({ from: 1, to: 64 })
  readonly pastStatesMax: number = 2;

  /** Replays that one process works on at once; with 0 it leaves them to the others. */
  @wholeNumber({ from: 0, to: 64 })
  readonly replaysMax: number = 2;

  /** How often the heads are read for what other processes wrote. */
  @wholeNumber({ from: 10, to: 60_000 })
  readonly followPollMs: number = 200;

  /** How often yield is paid on timelines that do not set it themselves. */
  @wholeNumber({ from: 1, to: 86_400 })
  readonly tickSeconds: number = 10;

  /** Documents that one timeline may keep. */
  @wholeNumber({ from: 0, to: 10_000_000 })
  readonly documentsPerTimelineMax: number = 10_000;

  /** Bytes of all documents of one timeline. */
  @wholeNumber({ from: 0, to: 1_000_000_000_000 })
  readonly documentBytesPerTimelineMax: number = 268_435_456;

  /** Bytes that the states of one process may take in its memory; 0: by the limit of its heap. */
  @wholeNumber({ from: 0, to: 1_000_000_000_000 })
  readonly statesBytesMax: number = 0;

  /** Bytes that the state of one timeline may grow to in memory; 0: half of what all may take. */
  @wholeNumber({ from: 0, to: 1_000_000_000_000 })
  readonly stateBytesPerTimelineMax: number = 0;

  /** Bytes of an archive that may be imported over HTTP. */
  @wholeNumber({ from: 1, to: 1_000_000_000_000 })
  readonly importMaxBytes: number = 4_294_967_296;

  /** Bytes that such an archive may unpack to. */
  @wholeNumber({ from: 1, to: 1_000_000_000_000_000 })
  readonly importUnpackedMaxBytes: number = 68_719_476_736;

  /** MiB of heap for the thread that reads an archive to import; 0: half of what the process itself may take. */
  @wholeNumber({ from: 0, to: 1_000_000 })
  readonly importHeapMaxMib: number = 0;

  /** The least severe lines that are logged. */
  @oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent' = 'info';

  /** At a SIGTERM, how long all is served still, so that whoever balances the load notices: by default 0, in production 5. */
  @wholeNumber({ from: 0, to: 3_600 })
  readonly shutdownNoticeSeconds: number = 0;

  /** After that, how long requests under way may take. */
  @wholeNumber({ from: 0, to: 3_600 })
  readonly shutdownGraceSeconds: number = 25;

  /** What access keys are stored under. With it every request needs a key; without it only loopback is listened on. */
  @serverSecret()
  readonly accessSecret: string | undefined = undefined;

  /** An admin's key that the server knows before any is in its database. */
  @accessKey()
  readonly adminKey: string | undefined = undefined;

  /** The key or token that the command line sends to a protected server. */
  @credential()
  readonly seedKey: string | undefined = undefined;

  /** Who may issue JSON Web Tokens that are taken beside keys; with it the next two are needed. */
  @words()
  readonly jwtIssuer: string | undefined = undefined;

  /** The audience that such a token has to name. */
  @words()
  readonly jwtAudience: string | undefined = undefined;

  /** Where the issuer publishes its keys (JWKS). */
  @secureUrl()
  readonly jwtJwksUrl: string | undefined = undefined;

  /** Origins whose pages may call the API from a browser. */
  @origins()
  readonly corsOrigins: readonly string[] = [];

  /** Proxies whose X-Forwarded-For is believed. */
  @networks()
  readonly trustedProxies: readonly string[] = [];

  /** Moves this process's clock, to try what a wrong clock does. Refused in production. */
  @wholeNumber({ from: -1_000_000_000_000, to: 1_000_000_000_000 })
  readonly clockOffsetMs: number = 0;
}

/** The environment variable of a setting: `snapshotKeep` → `SNAPSHOT_KEEP`. */
export function variableOf(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
