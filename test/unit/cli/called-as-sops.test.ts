/** How the program learns that it stands in for `sops`, and what it does not stand in for. */
import { describe, expect, test } from 'vitest';
import { createHost } from '../../../src/cli/host.js';
import type { Streams } from '../../../src/cli/terminal/streams.js';
import { run, Sink } from '../../support/run.js';

function streamsOf(programName: string | undefined, env: Record<string, string> = {}): Streams {
  const name = programName === undefined ? {} : { programName };
  return { stdin: process.stdin, stdout: new Sink(), stderr: new Sink(), env, cwd: '/', platform: 'linux', ...name };
}

describe('called as sops', () => {
  test.each([
    ['sops', {}, true],
    ['sops-ts', { SOPS_TS_AS: 'sops' }, true],
    ['sops-ts', {}, false],
    ['sops-ts', { SOPS_TS_AS: '' }, false],
    [undefined, {}, false],
  ])('program %s with %o: %s', (name, env, expected) => {
    expect(createHost(streamsOf(name, env)).calledAsSops).toBe(expected);
  });
});

test.each(['ksops', 'sops-ts-kustomize'])(
  'called as %s by a link it takes no words for its own',
  async (programName) => {
    expect(await run(['generator.yaml'], { cwd: '/', programName })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`sops-ts kustomize install --as ${programName} DIR`),
    });
  },
);
