/** What the executable is, by its name or by words. */
import { expect, test } from 'vitest';
import { personalityOf } from '../../../src/cli/start/personality.js';

test.each([
  ['linux', '/opt/bin dir/sops', ['-d', 'x'], 'sops', ['-d', 'x']],
  ['linux', './ksops.exe', [], 'ksops', []],
  ['linux', 'SOPS', [], 'SOPS', []],
  ['linux', '', ['decrypt'], '', ['decrypt']],
  ['linux', 'x/sops-ts', ['as', 'vals', 'eval'], 'vals', ['eval']],
  ['linux', 'sops', ['as'], 'sops', ['as']],
  ['win32', 'C:\\Program Files\\tools\\sops.exe', ['-d'], 'sops', ['-d']],
  ['win32', 'SOPS', [], 'sops', []],
  ['win32', 'C:/tools/KSOPS.EXE', [], 'ksops', []],
  ['win32', 'sops-ts.exe', ['as', 'Vals.exe', 'get'], 'vals', ['get']],
] as const)('on %s, called as %j with %j', (platform, called, words, name, rest) => {
  expect(personalityOf(called, words, platform)).toEqual({ name, words: rest });
});
