import type { Refusal, RefusalCode } from '#domain';
import type { ForkOutcome, LabelOutcome, Outcome, RemovalOutcome, ReplayOutcome, VersionProblem } from '#runtime';
import { MASTER } from './timeline.js';

/** Why something was not done: a stable code, and a sentence. */
export interface Problem<Code extends string = string> {
  readonly code: Code;
  readonly detail: string;
}

/** Why a command had no effect. */
export function outcomeProblem(
  outcome: Exclude<Outcome, { readonly status: 'accepted' }>,
): Problem<RefusalCode | 'precondition-failed' | 'key-reused'> {
  switch (outcome.status) {
    case 'refused':
      return refusalProblem(outcome.refusal);
    case 'precondition-failed':
      return { code: 'precondition-failed', detail: `The timeline is at version ${outcome.version}.` };
    case 'key-reused':
      return KEY_REUSED;
  }
}

/** Why there is no fork. */
export function forkProblem(
  outcome: Exclude<ForkOutcome, Outcome>,
  name: string,
): Problem<'timeline-name-taken' | VersionProblem['status']> {
  if (outcome.status !== 'name-taken') return versionProblem(outcome);
  return { code: 'timeline-name-taken', detail: `There is or was a timeline ${name}. A name is never used again.` };
}

/** Why a version has no such label. */
export function labelProblem(
  outcome: Exclude<LabelOutcome, { readonly status: 'saved' | 'found' }>,
): Problem<'label-taken' | 'key-reused' | VersionProblem['status']> {
  switch (outcome.status) {
    case 'label-taken': {
      const { label, version, timeline } = outcome.label;
      return { code: 'label-taken', detail: `${label} names version ${version}, of ${timeline}.` };
    }
    case 'key-reused':
      return KEY_REUSED;
    case 'label-unknown':
    case 'version-ahead':
    case 'version-inside-command':
    case 'fork-depth-reached':
      return versionProblem(outcome);
  }
}

/** Why a timeline is still there. */
export function removalProblem(
  outcome: Exclude<RemovalOutcome, { readonly status: 'removed' }>,
): Problem<'timeline-unknown' | 'timeline-has-forks' | 'confirmation-missing' | 'key-reused'> {
  switch (outcome.status) {
    case 'key-reused':
      return KEY_REUSED;
    case 'unconfirmed':
      return {
        code: 'confirmation-missing',
        detail: `It is active, or no fork, and would be gone for good: confirm it by ?confirm=${outcome.timeline}`,
      };
    case 'unknown':
      return { code: 'timeline-unknown', detail: 'There is no timeline of that name.' };
    case 'has-forks':
      return { code: 'timeline-has-forks', detail: `Forked from it: ${outcome.names.join(', ')}.` };
  }
}

/** Why a replay was not started. */
export function replayProblem(
  outcome: Exclude<ReplayOutcome, { readonly status: 'started' }>,
): Problem<'replay-unknown' | 'key-reused'> {
  if (outcome.status === 'key-reused') return KEY_REUSED;
  return { code: 'replay-unknown', detail: 'The replay of that key ended long ago and was forgotten.' };
}

/** Why an access key was not made, rotated or revoked. */
export function accessKeyProblem(
  status: 'ended' | 'full' | 'open' | 'unknown',
): Problem<'access-key-ended' | 'access-key-unknown' | 'access-keys-full' | 'access-open'> {
  switch (status) {
    case 'ended':
      return { code: 'access-key-ended', detail: 'The key is revoked, expired or rotated already.' };
    case 'full':
      return { code: 'access-keys-full', detail: 'As many keys are in force as there may be: revoke some.' };
    case 'open':
      return { code: 'access-open', detail: 'ACCESS_SECRET is not set: there is nothing to keep keys under.' };
    case 'unknown':
      return { code: 'access-key-unknown', detail: 'There is no access key of that id.' };
  }
}

/** Why a timeline stays as it is; undefined where it is not the master. */
export const masterProblem = (
  timeline: string,
  what: 'ended' | 'removed',
): Problem<'timeline-is-master'> | undefined =>
  timeline === MASTER ? { code: 'timeline-is-master', detail: `${MASTER} cannot be ${what}.` } : undefined;

const KEY_REUSED: Problem<'key-reused'> = {
  code: 'key-reused',
  detail: 'The idempotency key was used before, with another method, path or body.',
};

const refusalProblem = ({ code, detail }: Refusal): Problem<RefusalCode> => ({ code, detail });

const versionProblem = (problem: VersionProblem): Problem<VersionProblem['status']> => ({
  code: problem.status,
  detail: versionProblemDetail(problem),
});

function versionProblemDetail(problem: VersionProblem): string {
  switch (problem.status) {
    case 'label-unknown':
      return 'The timeline and its ancestors have no label of that name.';
    case 'version-ahead':
      return `The timeline is at version ${problem.headVersion}.`;
    case 'version-inside-command':
      return `The nearest versions where a command ends: ${nearest(problem)}.`;
    case 'fork-depth-reached':
      return `It is a fork of forks ${problem.depthMax} deep already, which is as deep as they go.`;
  }
}

const nearest = ({ before, after }: { readonly before: number; readonly after: number }): string =>
  before === 0 ? String(after) : `${before} and ${after}`;
