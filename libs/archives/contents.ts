import type { RecordedCommit, RecordedEvent, RecordedKey } from '#event-log';
import type { ArchivePlace } from './archive-damaged.js';
import { NotOfThatShape, type Decoded } from './decode.js';
import type { Line } from './read-lines.js';
import type { ArchivedTimeline, ArchiveManifest } from './manifest.js';

type Stage = 'commits' | 'keys' | 'labels' | 'server-keys' | 'ended';

const stages: readonly Stage[] = ['commits', 'keys', 'labels', 'server-keys', 'ended'];

/**
 * Follows an archive line by line: every line comes where it has to, nothing is missing and nothing is there twice. Throws
 * `NotOfThatShape`.
 */
export class Contents {
  #manifest: ArchiveManifest | null = null;
  #begun = 0;
  #version = 0;
  #stage: Stage = 'commits';
  #last = '';

  /** What the lines so far were about: a line that cannot be read is expected to go on there. */
  get whereabouts(): Pick<ArchivePlace, 'timeline' | 'version'> {
    const timeline = this.#stage === 'server-keys' || this.#stage === 'ended' ? undefined : this.#timeline;
    if (timeline === undefined) return { timeline: null, version: null };
    return { timeline: timeline.name, version: Math.min(this.#version + 1, timeline.head.version) };
  }

  accept(decoded: Decoded, line: Line): void {
    if ((decoded.kind === 'manifest') !== (line.number === 1))
      throw new NotOfThatShape('the manifest is the first line');
    switch (decoded.kind) {
      case 'manifest':
        assertSound(decoded.manifest);
        this.#manifest = decoded.manifest;
        return;
      case 'timeline':
        this.#begin(decoded.name);
        return;
      case 'commit':
        this.#enter('commits');
        this.#addCommit(decoded);
        return;
      case 'keys':
        this.#enter('keys');
        for (const key of decoded.keys) this.#addKey(key, this.#ownTimeline.head.version);
        return;
      case 'labels':
        this.#enter('labels');
        for (const label of decoded.labels) this.#addLabel(label);
        return;
      case 'server-keys':
        this.#enter('server-keys');
        for (const key of decoded.keys) this.#addKey(key, headOf(this.#sound, key.timeline));
        return;
      case 'end':
        this.#end(decoded, line);
        return;
    }
  }

  get #sound(): ArchiveManifest {
    if (this.#manifest === null) throw new NotOfThatShape('the manifest is the first line');
    return this.#manifest;
  }

  get #timeline(): ArchivedTimeline | undefined {
    return this.#manifest?.timelines[this.#begun - 1];
  }

  get #ownTimeline(): ArchivedTimeline {
    const timeline = this.#timeline;
    if (timeline === undefined) throw new NotOfThatShape('the line belongs to no timeline');
    return timeline;
  }

  #begin(name: string): void {
    this.#assertComplete();
    const expected = this.#sound.timelines[this.#begun];
    if (this.#stage === 'server-keys' || this.#stage === 'ended' || expected?.name !== name) {
      throw new NotOfThatShape(`timeline ${name} does not come here`);
    }
    this.#begun += 1;
    this.#version = expected.parent?.forkVersion ?? 0;
    this.#stage = 'commits';
  }

  #enter(stage: Stage): void {
    if (stages.indexOf(stage) < stages.indexOf(this.#stage)) throw new NotOfThatShape(`${stage} do not come here`);
    if (stage === this.#stage) return;
    this.#assertComplete();
    if (stage === 'server-keys' || stage === 'ended') this.#assertLastTimeline();
    this.#stage = stage;
    this.#last = '';
  }

  /** A timeline's own commits lead to its head. */
  #assertComplete(): void {
    const timeline = this.#timeline;
    if (timeline !== undefined && this.#version !== timeline.head.version) {
      throw new NotOfThatShape(`version ${this.#version + 1} of ${timeline.name} is missing`);
    }
  }

  #assertLastTimeline(): void {
    const missing = this.#sound.timelines[this.#begun];
    if (missing !== undefined) throw new NotOfThatShape(`timeline ${missing.name} is missing`);
  }

  #addCommit(of: { readonly commit: RecordedCommit; readonly events: readonly RecordedEvent[] }): void {
    const { firstVersion, lastVersion } = of.commit;
    const { head } = this.#ownTimeline;
    if (firstVersion !== this.#version + 1) throw new NotOfThatShape(`version ${this.#version + 1} is missing`);
    if (lastVersion > head.version) throw new NotOfThatShape(`version ${lastVersion} is beyond the manifest’s head`);
    if (of.events.length !== lastVersion - firstVersion + 1) throw new NotOfThatShape('the commit lacks events');
    for (const [index, { version }] of of.events.entries()) {
      if (version !== firstVersion + index) throw new NotOfThatShape(`version ${firstVersion + index} is missing`);
    }
    if (lastVersion === head.version && of.commit.hash !== head.hash) {
      throw new NotOfThatShape('the chain hash at the head is not that of the manifest');
    }
    this.#version = lastVersion;
  }

  #addKey({ digest, lastVersion }: RecordedKey, headVersion: number): void {
    if (digest <= this.#last) throw new NotOfThatShape('the keys are not in order');
    if (lastVersion > headVersion) throw new NotOfThatShape(`a key is of version ${lastVersion}, beyond the head`);
    this.#last = digest;
  }

  #addLabel({ label, version }: { readonly label: string; readonly version: number }): void {
    if (Buffer.compare(Buffer.from(label), Buffer.from(this.#last)) <= 0) {
      throw new NotOfThatShape('the labels are not in order');
    }
    if (version > this.#ownTimeline.head.version) throw new NotOfThatShape(`label ${label} is beyond the head`);
    this.#last = label;
  }

  #end({ lines, sha256 }: { readonly lines: number; readonly sha256: string }, line: Line): void {
    this.#enter('ended');
    if (lines !== line.number - 1)
      throw new NotOfThatShape(`the archive had ${lines} lines and has ${line.number - 1}`);
    if (sha256 !== line.sha256Before) throw new NotOfThatShape('the SHA-256 of the lines is another: one was changed');
  }
}

function headOf({ timelines }: ArchiveManifest, name: string): number {
  const timeline = timelines.find((candidate) => candidate.name === name);
  if (timeline === undefined) throw new NotOfThatShape(`a key created timeline ${name}, which is not in the archive`);
  return timeline.head.version;
}

function assertSound({ timelines }: ArchiveManifest): void {
  const heads = new Map<string, number>();
  for (const { name, parent, head } of timelines) {
    if (heads.has(name)) throw new NotOfThatShape(`timeline ${name} is in the manifest twice`);
    const parentHead = parent === null ? 0 : heads.get(parent.name);
    if (parentHead === undefined) throw new NotOfThatShape(`the parent of ${name} does not come before it`);
    const forkVersion = parent?.forkVersion ?? 0;
    if (forkVersion > parentHead) throw new NotOfThatShape(`${name} branches off beyond its parent’s head`);
    if (head.version <= forkVersion) throw new NotOfThatShape(`${name} has no events of its own`);
    heads.set(name, head.version);
  }
}
