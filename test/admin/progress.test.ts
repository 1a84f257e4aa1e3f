import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadSettings } from '#settings';
import { progressLine, progressText, type Terminal } from '../../apps/admin/progress.js';
import { Session } from '../../apps/admin/session.js';

function screen(columns?: number): Terminal & { readonly written: string[] } {
  const written: string[] = [];
  return { columns, written, write: (text) => void written.push(text) };
}

const ERASE = '\r\u001B[K';

describe('the line', () => {
  test('says what, how far, how fast and how long still', () => {
    const half = { done: 600_000, of: 1_200_000, what: 'Verifying REALITY, events' };
    expect(progressText(half, 10_000, 120)).toBe(
      'Verifying REALITY, events  [############------------]   50 %  600,000 of 1,200,000  10,000/s  1 min 0 s left',
    );
    expect(progressText({ done: 7, what: 'Bytes' }, undefined, 120)).toBe('Bytes  7');
    expect(progressText({ done: 0, of: 0, what: 'Nothing' }, 0, 120)).toBe('Nothing  0 of 0  0/s');
    expect(progressText({ done: 1, of: 100_000, what: 'x' }, 1, 120)).toContain('27 h 46 min left');
  });

  test('leaves out what does not fit, and is never wider than it may be', () => {
    const half = { done: 600_000, of: 1_200_000, what: 'Verifying' };
    expect(progressText(half, 10_000, 70)).toBe('Verifying   50 %  600,000 of 1,200,000  10,000/s  1 min 0 s left');
    expect(progressText(half, 10_000, 16)).toBe('Verifying   50 %');
    expect(progressText(half, 10_000, 5)).toBe('Verif');
    const anything = fc.record({ done: fc.nat(), of: fc.option(fc.nat(), { nil: undefined }), what: fc.string() });
    fc.assert(
      fc.property(anything, fc.option(fc.nat(), { nil: undefined }), fc.nat(200), (progress, rate, columns) => {
        expect(progressText(progress, rate, columns).length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('on a terminal', () => {
  test('it is redrawn at most ten times a second, and taken away at the end', () => {
    const terminal = screen(200);
    let nowMs = 0;
    const line = progressLine(terminal, () => nowMs);
    for (; nowMs < 1_000; nowMs += 1) line.show({ done: nowMs, of: 10_000, what: 'Reading' });
    expect(terminal.written).toHaveLength(10);
    expect(terminal.written.at(-1)).toContain(' 900 of 10,000  1,000/s  10 s left');
    line.end();
    line.end();
    expect(terminal.written.slice(10)).toEqual([ERASE]);
  });

  test('the rate is that of the last seconds, and each undertaking has its own', () => {
    const terminal = screen(200);
    let nowMs = 0;
    const line = progressLine(terminal, () => nowMs);
    for (; nowMs <= 60_000; nowMs += 100)
      line.show({ done: nowMs < 30_000 ? 0 : nowMs - 30_000, what: 'Slow, then fast' });
    expect(terminal.written.at(-1)).toContain('1,000/s');
    line.show({ done: 0, of: 5, what: 'Next' });
    expect(terminal.written.at(-1)).not.toContain('/s');
  });

  test('a note takes its place, and with --json nothing is drawn', () => {
    for (const json of [false, true]) {
      const terminal = screen(80);
      const notes: string[] = [];
      const session = new Session({
        out: () => undefined,
        err: (text) => void notes.push(text),
        terminal,
        readSettings: () => loadSettings({}),
        projectFolder: '.',
        workingFolder: '.',
      });
      session.progress({ json }).show({ done: 1, what: 'Reading' });
      session.note('It takes long.');
      expect(notes).toEqual(['It takes long.\n']);
      expect(terminal.written).toEqual(json ? [] : ['\rReading  1\u001B[K', ERASE]);
    }
  });
});

test('without a terminal it is silent', () => {
  const line = progressLine(undefined);
  line.show({ done: 1, of: 2, what: 'Anything' });
  line.end();
});
