import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BUILD } from '#settings';
import { Boot } from '../boot.js';

const SECONDS = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const GROUP_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** What this process counts and times, for Prometheus; the registry is its own, so that a test may have several. */
@Injectable()
export class Metrics {
  readonly #registry = new Registry();
  readonly #commands = this.#counter('seed_commands_total', 'Commands by type and outcome', ['type', 'outcome']);
  readonly #commandSeconds = this.#histogram('seed_command_seconds', 'From a command’s arrival to its answer', SECONDS);
  readonly #requestSeconds = this.#histogram('seed_http_request_seconds', 'HTTP requests by status', SECONDS, [
    'method',
    'status',
  ]);
  readonly #commits = this.#counter('seed_commit_groups_total', 'Group commits that this process wrote', []);
  readonly #commitCommands = this.#histogram('seed_commit_group_commands', 'Commands of a group commit', GROUP_SIZES);
  readonly #commitEvents = this.#histogram('seed_commit_group_events', 'Events of a group commit', GROUP_SIZES);
  readonly #commitSeconds = this.#histogram('seed_commit_group_seconds', 'Time an append took', SECONDS);

  constructor(private readonly boot: Boot) {
    collectDefaultMetrics({ register: this.#registry });
    this.#liveGauges();
  }

  /** Starts timing a command; `end` counts it under its outcome. */
  timeCommand(type: string): { end(outcome: string): void } {
    const startMs = performance.now();
    return {
      end: (outcome) => {
        this.#commands.inc({ type, outcome });
        this.#commandSeconds.observe((performance.now() - startMs) / 1_000);
      },
    };
  }

  countCommand(type: string, outcome: string): void {
    this.#commands.inc({ type, outcome });
  }

  observeRequest(request: { readonly method: string; readonly status: number; readonly ms: number }): void {
    const { method, status, ms } = request;
    this.#requestSeconds.observe({ method, status: String(status) }, ms / 1_000);
  }

  /** To be told of every group commit: the runtime's report `committed`. */
  observeCommit(group: { readonly commands: number; readonly events: number; readonly ms: number }): void {
    this.#commits.inc();
    this.#commitCommands.observe(group.commands);
    this.#commitEvents.observe(group.events);
    this.#commitSeconds.observe(group.ms / 1_000);
  }

  get mediaType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Read from the runtime when they are asked for, so that an evicted timeline leaves no figure behind. */
  #liveGauges(): void {
    const { boot } = this;
    const perTimeline = ['timeline'];
    this.#gauge('seed_timeline_version', 'Head of a live timeline', perTimeline, (gauge) => {
      for (const { name, version } of liveTimelines(boot)) gauge.set({ timeline: name }, version);
    });
    this.#gauge('seed_timeline_queue_length', 'Commands that wait', perTimeline, (gauge) => {
      for (const { name, queued } of liveTimelines(boot)) gauge.set({ timeline: name }, queued);
    });
    this.#gauge(
      'seed_timeline_lost_appends',
      'Appends lost to other writers since it was loaded',
      perTimeline,
      (gauge) => {
        for (const { name, lostAppends } of liveTimelines(boot)) gauge.set({ timeline: name }, lostAppends);
      },
    );
    this.#gauge('seed_timeline_stopped', '1 where the log cannot be gone on with', perTimeline, (gauge) => {
      for (const { name, stopped } of liveTimelines(boot)) gauge.set({ timeline: name }, stopped === null ? 0 : 1);
    });
    this.#gauge('seed_build_info', '1, of the build that runs', ['version', 'commit'], (gauge) => {
      gauge.set({ version: BUILD.version, commit: BUILD.commit ?? '' }, 1);
    });
    this.#gauge('seed_database_available', '1 while the database answers', [], (gauge) => {
      gauge.set(boot.databaseAvailable() ? 1 : 0);
    });
    this.#gauge('seed_database_read_only', '1 while the database answers and takes no changes', [], (gauge) => {
      gauge.set(boot.runtimeOrNull?.status().databaseReadOnly === true ? 1 : 0);
    });
    this.#gauge('seed_standby_missing', '1 while commits wait for no synchronous standby, and were to', [], (gauge) => {
      gauge.set(boot.runtimeOrNull?.status().standbyMissing === true ? 1 : 0);
    });
    const past = { folding: 'are folded', waiting: 'are waited for', kept: 'are kept' } as const;
    for (const [name, what] of Object.entries(past)) {
      this.#gauge(`seed_past_states_${name}`, `Past states that ${what}`, [], (gauge) => {
        gauge.set(boot.runtimeOrNull?.past.status()[name as keyof typeof past] ?? 0);
      });
    }
    this.#gauge('seed_replays_running', 'Replays that this process works on', [], (gauge) => {
      gauge.set(boot.runtimeOrNull?.replays.status().length ?? 0);
    });
    const memory = { used: 'take', limit: 'may take' } as const;
    for (const [name, what] of Object.entries(memory)) {
      this.#gauge(`seed_states_memory_${name}_bytes`, `Memory that the states of this process ${what}`, [], (gauge) => {
        gauge.set(boot.runtimeOrNull?.status().memory[`${name as keyof typeof memory}Bytes`] ?? 0);
      });
    }
    this.#gauge('seed_states_memory_refusals', 'What was refused for want of memory since the start', [], (gauge) => {
      gauge.set(boot.runtimeOrNull?.status().memory.refusals ?? 0);
    });
    this.#gauge('seed_streams_open', 'Event streams that are open', [], (gauge) => {
      gauge.set(boot.runtimeOrNull?.status().streams ?? 0);
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        collect(gauge);
      },
    });
  }
}

const liveTimelines = (boot: Boot) => boot.runtimeOrNull?.status().timelines ?? [];
