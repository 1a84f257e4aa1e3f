import type { ImportedTimeline, ImportOutcome } from '#archives';
import { ProblemError } from '../problems/problem-error.js';
import { malformedInput } from '../problems/problem-error.js';

/** What was imported. @throws ProblemError where nothing was */
export function importReply(outcome: ImportOutcome): { readonly timelines: readonly ImportedTimeline[] } {
  switch (outcome.status) {
    case 'imported':
      return { timelines: outcome.timelines };
    case 'name-taken':
      throw new ProblemError(
        'timeline-name-taken',
        `There is or was another timeline ${outcome.name}; ?rename=${outcome.name}=NEW imports it under a new name.`,
      );
    case 'renaming-unknown':
      throw malformedInput([{ pointer: '/rename', detail: `the archive has no timeline ${outcome.name}` }]);
    case 'renaming-ambiguous':
      throw malformedInput([{ pointer: '/rename', detail: `two timelines would be named ${outcome.name}` }]);
  }
}
