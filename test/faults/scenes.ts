/** The commands that write, each with the files it works on. */
import { generateIdentity } from '../../src/keys/age/x25519.js';
import type { Desk } from '../support/desk.js';

export const CANARY = 'hunter2canary';
export const PLAIN = `# note\na: ${CANARY}\nb: 1.10\n`;

/** The other key, whose holder may read some files. */
export const SECOND = generateIdentity();

export interface Scene {
  readonly name: string;
  readonly words: readonly string[];
  /** What is there before. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the command leaves plaintext, or found it, in the file that it works on. */
  readonly isPlain?: true;
  /** Whether the program starts files that lie beside it, which are only there where it is built. */
  readonly startsItself?: true;
}

const config = (...recipients: string[]): string =>
  `keys:\n${recipients.map((recipient, at) => `  - &user${at} ${recipient}\n`).join('')}` +
  `creation_rules:\n  - key_groups:\n      - age:\n${recipients.map((_, at) => `          - *user${at}\n`).join('')}`;

export const NAMES = [
  'encrypt -i',
  'encrypt --output',
  'decrypt -i',
  'decrypt --output',
  'set',
  'unset',
  'rotate -i',
  'updatekeys -y of several',
  'encrypt --output-dir',
  'import env',
  'updatekeys -y',
  'groups add -i',
  'edit',
  'edit of a new file',
  'revoke',
  'grant',
  'init',
  'kustomize build',
] as const;

/** All scenes, by name, for the key of a desk, which is left empty. `programs` is a folder of programs that they start. */
export async function scenesFor(desk: Desk, programs: string): Promise<ReadonlyMap<string, Scene>> {
  const second = SECOND.recipient;
  const both = config(desk.recipient, second);
  const sealed = await desk.encrypt('p.yaml', PLAIN);
  desk.write('.sops.yaml', both);
  const shared = await desk.encrypt('p.yaml', PLAIN, '--age', `${desk.recipient},${second}`);
  const text = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: app\nstringData:\n  a: ${CANARY}\n`;
  const manifest = await desk.encrypt('enc.yaml', text, '--encrypted-regex', '^stringData$');
  desk.clear();
  const things = { own: config(desk.recipient), both, sealed, shared, manifest };
  const all = [
    ...scenesOfValues(things),
    ...scenesOfEditing(things),
    ...scenesOfKeys(things),
    ...scenesOfSeveral(things),
    building(things, programs),
  ];
  return new Map(all.map((scene) => [scene.name, scene]));
}

/** Configurations with one key and with both, and encrypted files. */
interface Things {
  readonly own: string;
  readonly both: string;
  readonly sealed: Buffer;
  /** For both keys. */
  readonly shared: Buffer;
  readonly manifest: Buffer;
}

function scenesOfValues({ sealed }: Things): Scene[] {
  const plain = { files: { 'p.yaml': PLAIN }, isPlain: true } as const;
  const encrypted = { files: { 'p.yaml': sealed } };
  return [
    { name: 'encrypt -i', words: ['encrypt', '-i', 'p.yaml'], ...plain },
    { name: 'encrypt --output', words: ['encrypt', '--output', 'new.yaml', 'p.yaml'], ...plain },
    { name: 'decrypt -i', words: ['decrypt', '-i', 'p.yaml'], ...encrypted, isPlain: true },
    { name: 'decrypt --output', words: ['decrypt', '--output', 'new.yaml', 'p.yaml'], ...encrypted, isPlain: true },
    { name: 'set', words: ['set', 'p.yaml', '["b"]', '"new"'], ...encrypted },
    { name: 'unset', words: ['unset', 'p.yaml', '["b"]'], ...encrypted },
  ];
}

function scenesOfEditing({ own, sealed }: Things): Scene[] {
  return [
    {
      name: 'edit',
      words: ['edit', 'p.yaml'],
      files: { 'p.yaml': sealed },
      env: { EDITOR: 'sed -i s/1.10/1.20/' },
    },
    {
      name: 'edit of a new file',
      words: ['edit', 'new.yaml'],
      files: { '.sops.yaml': own },
      env: { EDITOR: `sed -i '1i a: ${CANARY}'` },
    },
  ];
}

function scenesOfKeys({ own, both, sealed, shared }: Things): Scene[] {
  const second = SECOND.recipient;
  return [
    { name: 'rotate -i', words: ['rotate', '-i', 'p.yaml'], files: { 'p.yaml': sealed, '.sops.yaml': own } },
    { name: 'updatekeys -y', words: ['updatekeys', '-y', 'p.yaml'], files: { 'p.yaml': sealed, '.sops.yaml': both } },
    {
      name: 'groups add -i',
      words: ['groups', 'add', '-i', '-f', 'p.yaml', '--age', second],
      files: { 'p.yaml': sealed, '.sops.yaml': both },
    },
    {
      name: 'revoke',
      words: ['revoke', '--yes', second],
      files: { 'p.yaml': shared, 'q.yaml': shared, '.sops.yaml': both },
    },
    {
      name: 'grant',
      words: ['grant', '--yes', 'bob', second],
      files: { 'p.yaml': sealed, 'q.yaml': sealed, '.sops.yaml': own },
    },
    { name: 'init', words: ['init', '--yes'], files: {}, env: { SOPS_AGE_KEY: '', SOPS_AGE_RECIPIENTS: '' } },
  ];
}

function scenesOfSeveral({ own, both, sealed }: Things): Scene[] {
  const isPlain = true;
  return [
    {
      name: 'updatekeys -y of several',
      words: ['updatekeys', '-y', '.'],
      files: { 'p.yaml': sealed, 'sub/q.yaml': sealed, 'sub/deep/r.yaml': sealed, '.sops.yaml': both },
    },
    {
      name: 'encrypt --output-dir',
      words: ['encrypt', '--output-dir', 'out', 'p.yaml', 'sub/q.yaml'],
      files: { 'p.yaml': PLAIN, 'sub/q.yaml': PLAIN, '.sops.yaml': own },
      isPlain,
    },
    {
      name: 'import env',
      words: ['import', 'env', 'p.env', 'sub/q.env'],
      files: { 'p.env': `A=${CANARY}\n`, 'sub/q.env': `export A="${CANARY}"\n`, '.sops.yaml': own },
      isPlain,
    },
  ];
}

function building({ manifest }: Things, programs: string): Scene {
  return {
    name: 'kustomize build',
    words: ['kustomize', 'build', '.'],
    startsItself: true,
    files: { 'enc.yaml': manifest, 'kustomization.yaml': 'resources: [enc.yaml]\n' },
    env: { PATH: `${programs}:${process.env.PATH ?? ''}` },
  };
}
