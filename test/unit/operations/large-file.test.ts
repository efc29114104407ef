/** A text of several megabytes: sealing it lets go of ciphertext on the way, which nobody may notice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { run } from '../../support/run.js';
import { inSweeps, sample } from '../../support/sweep.js';

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk.remove());

/** Few leaves, so that the test is about size alone. */
const FILLING = Array.from({ length: 50 }, (_, at) => `${at}-${'x'.repeat(90_000)}`);

const TEXTS: [string, string][] = [
  ['text.yaml', `# kept\nodd:   0x1F\n${FILLING.map((text, at) => `k${at}: ${text}\n`).join('')}last: 1.10 # note\n`],
  ['text.json', `{"odd": 1.10,\n ${FILLING.map((text, at) => `"k${at}": "${text}"`).join(',\n ')}}`],
  ['text.env', FILLING.map((text, at) => `K${at}=${text}\n`).join('')],
  ['text.ini', `; kept\n[s]\n${FILLING.map((text, at) => `k${at}  =  ${text} ; c\n`).join('')}`],
];

describe.each(sample(TEXTS, 4))('%s', (name, text) => {
  test('comes back as it was, also after a change', async () => {
    desk.write(name, await desk.encrypt(name, text));
    const io = { cwd: desk.folder, env: desk.env };
    expect((await run(['decrypt', name], io)).stdout.toString()).toBe(text);
    expect((await run(['rotate', '-i', name], io)).status).toBe(0);
    expect((await run(['decrypt', name], io)).stdout.toString()).toBe(text);
  });
});

inSweeps(() =>
  test('a value that is read differently than meant is told of as in a small one', async () => {
    const told = [];
    for (const filling of ['short', FILLING.join('')]) {
      desk.write('cut.ini', `[s]\npw = UJ&J#22\nlong = ${filling}\n`);
      const { status, stderr } = await run(['encrypt', '-i', 'cut.ini'], { cwd: desk.folder, env: desk.env });
      told.push([status, stderr]);
    }
    expect(told[1]).toEqual(told[0]);
    expect(told[1]?.[1]).toContain('other programs read');
  }),
);
