/** The repository of tests of `grant`: two rules, four encrypted files, and people. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { TestRepository } from './repository.js';
import { type Ran, run } from './run.js';

export const alice = generateIdentity();
export const bob = generateIdentity();
export const carol = generateIdentity();

export const CONFIG = `# Who may read what
keys:
  - &alice ${alice.recipient} # Alice

creation_rules:
  - path_regex: ^prod/
    key_groups:
      - age:
          - *alice   # she
  # the rest
  - path_regex: ^dev/
    age: ${alice.recipient}
`;
export const GRANTED = CONFIG.replace('# Alice\n', `# Alice\n  - &bob ${bob.recipient}\n`)
  .replace('*alice   # she\n', '*alice   # she\n          - *bob\n')
  .replace(`age: ${alice.recipient}\n`, `age: ${alice.recipient},${bob.recipient}\n`);
export const FILES = ['dev/.env', 'dev/blob.bin', 'prod/deep/app.yaml', 'prod/z.json'];

export class GrantDesk extends TestRepository {
  /** The files encrypted by Alice. */
  static async open(): Promise<GrantDesk> {
    const desk = new GrantDesk();
    desk.write({
      '.sops.yaml': CONFIG,
      'prod/deep/app.yaml': '# head\ndb:\n  "p.w": 1.10 # inline\n  hosts: [x, y]\n',
      'prod/z.json': '{"k": "hunter2"}\n',
      'dev/.env': '# why\nA=1\nB=\n',
      'dev/blob.bin': 'bytes',
      'README.md': 'sops writes ENC[AES256_GCM,data:…]\n',
    });
    const ran = await desk.as(alice, 'encrypt', '-i', ...FILES);
    if (ran.status !== 0) throw new Error(ran.stderr);
    return desk;
  }

  as(who: { identity: string } | null, ...words: string[]): Promise<Ran> {
    return this.inFolder('.', who, words);
  }

  inFolder(folder: string, who: { identity: string } | null, words: readonly string[], stdin = ''): Promise<Ran> {
    const env = { ...this.env, ...(who && { SOPS_AGE_KEY: who.identity }) };
    return run(words, { cwd: join(this.folder, folder), env, stdin });
  }

  text(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  texts(): Map<string, string> {
    return new Map(['.sops.yaml', ...FILES].map((path) => [path, this.text(path)]));
  }

  /** Nothing is out of date to anybody who looks. */
  async expectAgreement(): Promise<void> {
    expect(await this.as(alice, 'check', '--decrypt')).toMatchObject({ status: 0 });
    expect(await this.as(null, 'updatekeys', '--check', 'prod', 'dev')).toMatchObject({ status: 0 });
  }
}
