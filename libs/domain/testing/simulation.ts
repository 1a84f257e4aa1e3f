import { canonicalText } from '../canonical/canonical.js';
import type { Command } from '../commands.js';
import { decide } from '../decide.js';
import type { Decided, Decision } from '../decision.js';
import { evolve } from '../evolve.js';
import { State, type ReadableState } from '../state.js';
import { LIMITS } from './specification.js';

/** A virtual timeline driven by commands, with its log. Each command is evolved on an overlay of its own. */
export class Simulation {
  readonly log: Decided[] = [];
  readonly state = new State();

  /** Called after every event with the overlay that it changed. */
  constructor(private readonly afterEach: (state: State, event: Decided) => void = () => undefined) {}

  /** What became of the command; accepted events are in the state and the log. */
  run(command: Command): Decision {
    const [decision] = this.runGroup([command]);
    if (decision === undefined) throw new Error('no decision');
    return decision;
  }

  /** A group of commands on one overlay, absorbed as a whole. */
  runGroup(commands: readonly Command[]): readonly Decision[] {
    const { overlay, events, decisions } = this.tryGroup(commands);
    this.state.absorb(overlay);
    this.log.push(...events);
    return decisions;
  }

  /** As `runGroup`, but the overlay is left for the caller to drop: nothing has happened. */
  tryGroup(commands: readonly Command[]) {
    const group = this.state.overlay();
    const events: Decided[] = [];
    const decisions = commands.map((command) => {
      const decision = decide(group, command, { nowMs: group.nowMs, limits: LIMITS });
      if (decision.kind !== 'accepted') return decision;
      const own = group.overlay();
      for (const event of decision.events) {
        events.push(event);
        evolve(own, event, { version: this.log.length + events.length, atMs: event.atMs });
        this.afterEach(own, event);
      }
      group.absorb(own);
      return decision;
    });
    return { overlay: group, events, decisions };
  }
}

/** Folds events behind the first `version` ones into a state. */
export function fold(events: readonly Decided[], state = new State(), version = 0): State {
  events.forEach((event, i) => evolve(state, event, { version: version + i + 1, atMs: event.atMs }));
  return state;
}

/** The canonical text in one piece. */
export const textOf = (state: ReadableState): string => [...canonicalText(state)].join('');
