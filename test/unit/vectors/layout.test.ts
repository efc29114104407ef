/**
 * Files that the first release sealed. A layout holds for one plain rendering only, so how sops-ts renders is part of its
 * file format: a change that these files do not survive would cost the users the look of theirs.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from '../../support/run.js';

const FOLDER = new URL('../../../fixtures/layout', import.meta.url).pathname;
const KEY = readFileSync(new URL('../../../fixtures/vectors/keys/age-1.txt', import.meta.url), 'utf8');

test.each(['plain.yaml', 'crlf.yaml', 'plain.json', 'plain.env', 'plain.ini'])(
  '%s comes back as it was',
  async (name) => {
    const ran = await run(['decrypt', `sealed-${name}`], { cwd: FOLDER, env: { SOPS_AGE_KEY: KEY } });
    expect(ran.stderr).toBe('');
    expect(ran.stdout.equals(readFileSync(`${FOLDER}/${name}`))).toBe(true);
  },
);
