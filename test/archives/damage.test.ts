import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ArchiveDamaged, checkArchive, type ArchiveManifest } from '#archives';
import { openMemoryLog, type EventLog } from '#event-log';
import { archiveOf, fillTimeline, inPieces, linesOf, sealedArchive } from './archives.js';

let log: EventLog;
let archive: Buffer;
let unpacked: Buffer;
let lines: readonly string[];

beforeAll(async () => {
  log = openMemoryLog();
  await fillTimeline(log, 'REALITY', [1, 3, 20]);
  await fillTimeline(log, 'OTHER', [2, 2, 1, 5]);
  archive = await archiveOf(log);
  unpacked = gunzipSync(archive);
  lines = linesOf(archive).slice(0, -1);
});

const check = (bytes: Uint8Array): Promise<ArchiveManifest> => checkArchive(inPieces(bytes));

async function damageOf(bytes: Uint8Array): Promise<ArchiveDamaged> {
  try {
    await check(bytes);
  } catch (error) {
    if (error instanceof ArchiveDamaged) return error;
    throw error;
  }
  throw new Error('the archive passed');
}

function unpacksToTheSame(flipped: Buffer): boolean {
  try {
    return gunzipSync(flipped).equals(unpacked);
  } catch {
    return false;
  }
}

test('an archive that nobody touched passes, and names its timelines with their heads', async () => {
  const { timelines } = await check(archive);
  const [reality, other] = timelines;
  expect(timelines).toHaveLength(2);
  expect(reality).toMatchObject({ name: 'REALITY', parent: null, head: { version: 25 } });
  expect(other?.head).toEqual((await log.findTimeline('OTHER'))?.head);
});

test('the same log makes the same lines', async () => {
  const [, ...others] = linesOf(await archiveOf(log));
  expect(others.slice(0, -1)).toEqual(lines.slice(1));
});

describe('an archive is refused with the place', () => {
  test('cut off anywhere', async () => {
    const everywhere = fc.integer({ min: 0, max: archive.length - 1 });
    await fc.assert(
      fc.asyncProperty(everywhere, async (length) => {
        const { message } = await damageOf(archive.subarray(0, length));
        expect(message).toMatch('cut off');
      }),
      { numRuns: 200 },
    );
  });

  test('cut off anywhere and packed again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: unpacked.length - 1 }), async (length) => {
        const whole = unpacked.subarray(0, length).toString().split('\n').length;
        expect((await damageOf(gzipSync(unpacked.subarray(0, length)))).line).toBe(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('with any byte flipped', async () => {
    const flips = fc.tuple(fc.integer({ min: 0, max: unpacked.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flips, async ([at, by]) => {
        const flipped = Buffer.from(unpacked);
        flipped[at] = (flipped[at] ?? 0) ^ by;
        const { line } = await damageOf(gzipSync(flipped));
        expect(line).toBeGreaterThanOrEqual(unpacked.subarray(0, at).toString().split('\n').length);
      }),
      { numRuns: 500 },
    );
  });

  test('with a byte of the file itself flipped, if that changes anything', async () => {
    const flips = fc.tuple(fc.integer({ min: 10, max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flips, async ([at, by]) => {
        const flipped = Buffer.from(archive);
        flipped[at] = (flipped[at] ?? 0) ^ by;
        // The bits behind the last block, up to the next byte, mean nothing.
        fc.pre(!unpacksToTheSame(flipped));
        await damageOf(flipped);
      }),
      { numRuns: 200 },
    );
  });

  test('with something behind it', async () => {
    expect((await damageOf(Buffer.concat([archive, Buffer.from('more')]))).message).toMatch('cannot be unpacked');
    expect((await damageOf(Buffer.concat([archive, Buffer.alloc(3)]))).message).toMatch('something follows');
    expect((await damageOf(Buffer.concat([archive, archive]))).message).toMatch('follows the last line');
    await damageOf(gzipSync(Buffer.concat([unpacked, Buffer.from(' ')])));
  });

  test('when it is something else', async () => {
    expect((await damageOf(Buffer.alloc(0))).message).toBe('line 1: the archive is cut off');
    expect((await damageOf(Buffer.from('{"seedArchive":1}\n'))).message).toMatch(/^line 1: it cannot be unpacked/);
    expect((await damageOf(gzipSync('{"a":1}\n'))).line).toBe(1);
    expect((await damageOf(gzipSync('[]\n'))).line).toBe(1);
    expect((await damageOf(gzipSync('{"seedArchive":2}\n'))).message).toMatch('another format than 1');
  });
});

describe('an archive whose last line was made anew is refused by its chains and its order', () => {
  const changed = (change: (lines: string[]) => void): Promise<ArchiveDamaged> => {
    const copy = [...lines];
    change(copy);
    return damageOf(sealedArchive(copy));
  };

  test('sealing alone changes nothing', async () => {
    await check(sealedArchive(lines));
  });

  test('two lines swapped, one removed or one there twice', async () => {
    const positions = fc.tuple(fc.nat(lines.length - 1), fc.nat(lines.length - 1));
    await fc.assert(
      fc.asyncProperty(positions, async ([one, other]) => {
        fc.pre(one !== other);
        await changed((copy) => {
          [copy[one], copy[other]] = [copy[other] ?? '', copy[one] ?? ''];
        });
        await changed((copy) => copy.splice(one, 0, copy[one] ?? ''));
        // Whether a key was there cannot be told by anything but the last line.
        if (!lines[one]?.startsWith('{"keys"')) await changed((copy) => copy.splice(one, 1));
      }),
    );
  });

  const commitAt = (version: number): number => lines.findIndex((line) => line.includes(`[[${version},`));

  test.each([
    ['an event’s type', '"BetPlaced"', '"BetPlacee"'],
    ['an event’s time', '1700000000000', '1700000000001'],
    ['an event’s actor', 'bot-007', 'bot-008'],
    ['an event’s data', '\\"b\\":1', '\\"b\\":2'],
    ['an event’s schema version', '"BetPlaced",1,', '"BetPlaced",2,'],
    ['when a commit was recorded', '"recordedAtMs":1700000000123', '"recordedAtMs":1700000000124'],
    ['who wrote a commit', '"writer":"api-1"', '"writer":"api-2"'],
    ['a version', '[[3,', '[[4,'],
  ])('%s changed', async (_what, before, after) => {
    const index = commitAt(3);
    const damage = await changed((copy) => {
      expect(copy[index]).toContain(before);
      copy[index] = (copy[index] ?? '').replace(before, after);
    });
    expect(damage).toMatchObject({ line: index + 1, timeline: 'REALITY', version: 3 });
  });

  test('a name, head, genesis or format of the manifest changed', async () => {
    const manifest = JSON.parse(lines[0] ?? '');
    const [first, second] = manifest.timelines;
    const zero = '0'.repeat(64);
    for (const timelines of [
      [{ ...first, name: 'X' }, second],
      [{ ...first, head: { ...first.head, version: 24 } }, second],
      [{ ...first, head: { ...first.head, version: 26 } }, second],
      [{ ...first, head: { ...first.head, hash: zero } }, second],
      [{ ...first, genesisHash: zero }, second],
      [{ ...first, createdAtMs: 0.5 }, second],
      [{ ...first, parent: { name: 'OTHER', forkVersion: 1 } }, second],
      [first, { ...second, parent: { name: 'REALITY', forkVersion: 1 } }],
      [second, first],
      [first],
      [first, second, { ...first, name: 'THIRD' }],
      [first, first],
    ]) {
      await changed((copy) => {
        copy[0] = JSON.stringify({ ...manifest, timelines });
      });
    }
  });

  test.each([
    ['data that is no JSON', /\{\\"b\\"/, '{{\\"b\\"'],
    ['a command id in capitals', /"[0-9a-f]{8}-/, '"ABCDEF01-'],
    ['an event too many', '"events":[', '"events":[[2,"a",1,1,"a","a","1"],'],
    ['a field of another kind', '"recordedAtMs":1700000000123', '"recordedAtMs":"1700000000123"'],
  ])('%s', async (_what, before, after) => {
    const index = commitAt(3);
    const damage = await changed((copy) => (copy[index] = (copy[index] ?? '').replace(before, after)));
    expect(damage).toMatchObject({ line: index + 1, timeline: 'REALITY', version: 3 });
  });

  test('a key that is beyond the head, or malformed', async () => {
    const index = lines.findIndex((line) => line.startsWith('{"keys"'));
    const zeros = '0'.repeat(32);
    for (const key of [`"${zeros}","${zeros}",26,26`, `"${zeros}","${zeros}",3,1`, `"${zeros}","0",2,2`]) {
      const damage = await changed((copy) => {
        copy[index] = (copy[index] ?? '').replace(/"[0-9a-f]{32}","[0-9a-f]{32}",\d+,\d+/, key);
      });
      expect(damage.line).toBe(index + 1);
    }
  });
});

test('an error of the source is not damage', async () => {
  const breaking = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(archive.subarray(0, 100));
    throw new Error('the disk broke');
  };
  await expect(checkArchive(breaking())).rejects.toThrow('the disk broke');
});
