import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyTimeline, type Verification, type Violation } from '#proof';
import { dice } from '../dice.js';
import { EDITS, type Edit, type Wrong } from './edits.js';
import { openScene, type Actor, type Scene } from './scene.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
/** Of each kind. */
const EDITS_EACH = Number(process.env['EDITS_EACH'] ?? 5);

let scene: Scene;

beforeAll(async () => {
  scene = await openScene(SEED);
});

/** What an edit that was not named left behind is not the next one's fault. */
afterEach(() => scene.undo());

afterAll(() => scene.close());

async function verify(name: string): Promise<Verification> {
  const verification = await verifyTimeline(scene.log, name);
  if (verification === undefined) throw new Error(`no timeline ${name}`);
  return verification;
}

/** The timelines whose rows a timeline's history is made of, oldest first, and up to which version of each. */
function historyOf({ name }: Actor): readonly { readonly keeper: string; readonly to: number }[] {
  const index = scene.actors.findIndex((actor) => actor.name === name);
  return scene.actors.slice(0, index + 1).map((actor, i) => {
    const branchesOffAt = scene.actors[i + 1]?.after ?? 0;
    const whole = actor.commits.find(({ last_version }) => last_version >= branchesOffAt);
    return { keeper: actor.name, to: i === index ? Infinity : (whole?.last_version ?? 0) };
  });
}

/** What a timeline's verification must name: of its ancestry too, up to the end of the commit that it branches off in. */
function expectedOf(actor: Actor, { wrong }: Edit): Wrong | null {
  for (const { keeper, to } of historyOf(actor)) {
    const found = wrong.find((one) => one.keeper === keeper && one.version <= to);
    if (found !== undefined) return found;
  }
  return null;
}

const named = (violation: Violation | null): Wrong | null =>
  violation && { keeper: violation.timeline, version: violation.version, kind: violation.kind };

test('the scene holds a fork within a commit, and a fork of the fork within another', async () => {
  for (const actor of scene.actors) {
    const { head } = actor.record;
    expect(await verify(actor.name)).toMatchObject({ valid: true, version: head.version, headHash: head.hash });
  }
  const [root, fork, grand] = scene.actors;
  const sizes = root?.commits.map((commit) => commit.last_version - commit.first_version);
  expect(new Set(sizes).size).toBeGreaterThan(2);
  for (const [parent, child] of [
    [root, fork],
    [fork, grand],
  ]) {
    const ends = parent?.commits.map(({ last_version }) => last_version);
    expect(ends).not.toContain(child?.after);
    expect(child?.after).toBeGreaterThan(parent?.after ?? 0);
  }
});

describe(`${EDITS.length} kinds of single edits, ${EDITS_EACH} each, are named at the right place (seed ${SEED}):`, () => {
  test.each(EDITS.map((edit, index) => ({ ...edit, index })))('$what', async ({ what, make, index }) => {
    const roll = dice(SEED * 1_000 + index);
    for (let i = 0; i < EDITS_EACH; i += 1) {
      const edit = make({ actors: scene.actors, roll });
      await scene.edit(...edit.statements);
      const said = [what, edit.statements.join('; ')];
      for (const actor of scene.actors) {
        const { valid, firstViolation } = await verify(actor.name);
        const expected = expectedOf(actor, edit);
        expect([...said, actor.name, named(firstViolation)]).toEqual([...said, actor.name, expected]);
        expect(valid).toBe(expected === null);
      }
      await scene.undo();
      for (const { name } of scene.actors)
        expect([...said, await verify(name)]).toMatchObject([...said, { valid: true }]);
    }
  });
});
