/** Errors name the file that they are about, whichever of several it is. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());
beforeEach(async () => {
  desk.clear();
  const sealed = await desk.encrypt('x.yaml', 'a: 1\n');
  for (const name of ['x.yaml', 'y.yaml']) desk.write(name, sealed);
});

describe('updatekeys without a configuration', () => {
  test.each([[['x.yaml']], [['x.yaml', 'y.yaml']]])('%j', async (files) => {
    const { status, stderr } = await desk.run(['updatekeys', '-y', ...files]);
    expect(status).not.toBe(0);
    expect(stderr).toBe(
      'config file not found\n  in file x.yaml\n  updatekeys needs a .sops.yaml: sops-ts init makes one.\n',
    );
  });
});
