/** What other programs know SOPS's files by: every style of plaintext, through every command that writes. */
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { OLD_STYLES, STYLES, StyleDesk, sealedBefore, somePath, styled } from '../../support/styles.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

type Format = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary';

const FORMATS: Readonly<Record<string, Format>> = {
  yaml: 'yaml',
  json: 'json',
  env: 'dotenv',
  ini: 'ini',
  bin: 'binary',
};

function formatOf(name: string): Format {
  return FORMATS[name.slice(name.lastIndexOf('.') + 1)] ?? 'binary';
}

/** A program, how it tells that a file is encrypted (in its own terms), and of which formats it does. */
interface Detector {
  readonly who: string;
  readonly formats: readonly Format[];
  readonly detects: (text: string, format: Format) => boolean;
}

const ALL: readonly Format[] = ['yaml', 'json', 'dotenv', 'ini', 'binary'];

/** Whether some line is the same as a text or matches an expression as a whole, as `grep -x` has it. */
function hasLine(text: string, line: RegExp): boolean {
  return text.split('\n').some((one) => line.test(one));
}

const FLUX: Readonly<Record<Format, string>> = {
  yaml: 'mac: ENC[',
  json: '"mac": "ENC[',
  binary: '"mac": "ENC[',
  dotenv: 'sops_mac=ENC[',
  ini: '[sops]',
};

/** A document as parsers outside of SOPS see it. */
function parsed(text: string, format: Format): { sops?: { version?: unknown; mac?: unknown } } {
  if (format === 'yaml') return parseAllDocuments(text.replace(/^\ufeff/, ''))[0]?.toJS() as ReturnType<typeof parsed>;
  return JSON.parse(text) as ReturnType<typeof parsed>;
}

const DETECTORS: readonly Detector[] = [
  {
    who: 'Flux (fluxcd/kustomize-controller, internal/decryptor): bytes of the format that the name tells',
    formats: ALL,
    detects: (text, format) => text.includes(FLUX[format]),
  },
  {
    who: 'Flux, for what a generated Secret holds: the bytes of any format, but of no other than the file has',
    formats: ALL,
    detects: (text, format) =>
      Object.values(FLUX)
        .filter((bytes) => text.includes(bytes))
        .every((bytes) => bytes === FLUX[format]),
  },
  {
    who: 'helm-secrets (scripts/lib/backends/sops.sh): whether to decrypt',
    formats: ALL,
    detects: (text) => hasLine(text, /mac.*,type:str]/),
  },
  {
    who: 'helm-secrets: as what to decrypt, with Argo CD as with Helm',
    formats: ['yaml', 'json', 'binary'],
    detects: (text, format) => {
      if (hasLine(text, /^sops:\s*$/)) return format === 'yaml';
      return text.includes('"data": "ENC') ? format === 'binary' : format === 'json';
    },
  },
  {
    who: 'VS Code, signageos.signageos-vscode-sops: a parsed `sops.version` that is text',
    formats: ['yaml', 'json'],
    detects: (text, format) => typeof parsed(text, format).sops?.version === 'string',
  },
  {
    who: 'IntelliJ, "Sops" (DaPutzy/intellij-sops-plugin): three words',
    formats: ALL,
    detects: (text) => ['sops', 'lastmodified', 'version'].every((word) => text.includes(word)),
  },
  {
    who: 'pre-commit, yuvipanda/pre-commit-hook-ensure-sops and its forks: a parsed `sops`, or `sops_mac`',
    formats: ['yaml', 'json', 'dotenv', 'binary'],
    detects: (text, format) =>
      format === 'dotenv' ? hasLine(text, /^sops_mac=ENC\[/) : typeof parsed(text, format).sops?.mac === 'string',
  },
  {
    who: 'pre-commit, onedr0p/sops-pre-commit: ciphertext somewhere',
    formats: ALL,
    detects: (text) => /ENC.AES256/i.test(text),
  },
  {
    who: 'hooks of repositories: grep -q "^sops:"',
    formats: ['yaml'],
    detects: (text) => hasLine(text.replace(/^\ufeff/, ''), /^sops:/),
  },
  {
    who: 'hooks of repositories: grep -q \'"sops":\', grep -q "^sops_version=", fgrep "[sops]"',
    formats: ['json', 'binary', 'dotenv', 'ini'],
    detects: (text, format) =>
      format === 'ini'
        ? text.includes('[sops]')
        : format === 'dotenv'
          ? hasLine(text, /^sops_version=/)
          : text.includes('"sops":'),
  },
  {
    who: 'hooks of repositories: grep -q "lastmodified:" and grep -q "mac:"',
    formats: ['yaml'],
    detects: (text) => text.includes('lastmodified:') && text.includes('mac:'),
  },
];

const desk = new StyleDesk();
afterAll(() => desk.remove());

/** Who does not know a file for what it is. */
function strangersTo(name: string): string[] {
  const text = desk.read(name).toString();
  const format = formatOf(name);
  return DETECTORS.filter(({ formats, detects }) => formats.includes(format) && !detects(text, format)).map(
    ({ who }) => who,
  );
}

/** The metadata of a file: what is SOPS's to print. */
function branchOf(name: string): string {
  const text = desk.read(name).toString().replaceAll('\r\n', '\n');
  const start = {
    yaml: /^sops:$/m,
    json: /^\t"sops": \{$/m,
    binary: /^\t"sops": \{$/m,
    dotenv: /^sops_/m,
    ini: /^\[sops]$/m,
  };
  const found = start[formatOf(name)].exec(text);
  return found ? text.slice(found.index).replace(/^---\n[\s\S]*/m, '') : '';
}

/** The shape of a branch: what differs from one file to the next is taken out. */
function shapeOf(branch: string): string {
  return branch
    .replaceAll(/-----BEGIN AGE[\s\S]*?-----END AGE ENCRYPTED FILE-----/g, 'ARMOR')
    .replaceAll(/ENC\[[^\]]*\]/g, 'ENC')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME');
}

/** What SOPS 3.13.2 prints for one age recipient. */
const SHAPES: Readonly<Record<Format, string>> = {
  yaml: 'sops:\n    age:\n        - enc: |\n            ARMOR\n          recipient: AGE\n    lastmodified: "TIME"\n    mac: ENC\n    unencrypted_suffix: _unencrypted\n    version: 3.13.2\n',
  json: '\t"sops": {\n\t\t"age": [\n\t\t\t{\n\t\t\t\t"enc": "ARMOR\\n",\n\t\t\t\t"recipient": "AGE"\n\t\t\t}\n\t\t],\n\t\t"lastmodified": "TIME",\n\t\t"mac": "ENC",\n\t\t"unencrypted_suffix": "_unencrypted",\n\t\t"version": "3.13.2"\n\t}',
  binary:
    '\t"sops": {\n\t\t"age": [\n\t\t\t{\n\t\t\t\t"enc": "ARMOR\\n",\n\t\t\t\t"recipient": "AGE"\n\t\t\t}\n\t\t],\n\t\t"lastmodified": "TIME",\n\t\t"mac": "ENC",\n\t\t"version": "3.13.2"\n\t}',
  dotenv:
    'sops_age__list_0__map_enc=ARMOR\\n\nsops_age__list_0__map_recipient=AGE\nsops_lastmodified=TIME\nsops_mac=ENC\nsops_unencrypted_suffix=_unencrypted\nsops_version=3.13.2\n',
  // As SOPS up to 3.13.1 prints texts of several lines; 3.13.2 reads both.
  ini: '[sops]\nage__list_0__map_enc       = """ARMOR\n"""\nage__list_0__map_recipient = AGE\nlastmodified               = TIME\nmac                        = ENC\nunencrypted_suffix         = _unencrypted\nversion                    = 3.13.2\n',
};

/** Braces behind the branch are the author's, and may stand closer. */
function withoutEnd(text: string): string {
  return text.replace(/[\s}]*$/, '');
}

function check(name: string): void {
  expect(strangersTo(name)).toEqual([]);
  const lines = shapeOf(branchOf(name).replaceAll(desk.recipient, 'AGE'));
  const own = /^.*sops_ts_layout.*\n/m.exec(lines)?.[0] ?? '';
  const shape = SHAPES[formatOf(name)];
  expect(withoutEnd(lines.replace(own, ''))).toBe(withoutEnd(shape));
}

describe('a file that is encrypted', () => {
  test.each(sample(STYLES, 2))('from %s is known, and comes back byte for byte', async (name) => {
    desk.write(name, styled(name));
    await desk.run(['encrypt', '-i', name]);
    check(name);
    expect(await desk.run(['decrypt', name])).toEqual(styled(name));
  });

  test.each(sample(STYLES, 3))('from %s is so after `set` and `encrypt --update`', async (name) => {
    if (name.endsWith('.bin')) return;
    desk.write(name, styled(name));
    await desk.run(['encrypt', '-i', name]);
    await desk.run(['set', name, somePath(name), '"new"']);
    check(name);
    await desk.run(['encrypt', '--update', name], { stdin: styled(name) });
    check(name);
    expect(await desk.run(['decrypt', name])).toEqual(styled(name));
  });
});

describe('a file that an earlier sops-ts wrote is mended', () => {
  const editor = (name: string): Record<string, string> => ({
    EDITOR: `${process.execPath} ${join(desk.folder, 'editor.cjs')}`,
    EDITED: name,
  });

  test.each(sample(OLD_STYLES, 4, 1))('by rotate: %s', async (name) => {
    desk.write(name, sealedBefore(name));
    await desk.run(['rotate', '-i', name]);
    check(name);
    expect(await desk.run(['decrypt', name])).toEqual(styled(name));
  });

  test.each(sample(OLD_STYLES, 4, 2))('by set: %s', async (name) => {
    if (name.endsWith('.bin')) return;
    desk.write(name, sealedBefore(name));
    await desk.run(['set', name, somePath(name), '"new"']);
    check(name);
  });

  test.each(sample(OLD_STYLES, 4, 3))('by updatekeys: %s', async (name) => {
    desk.write(name, sealedBefore(name));
    desk.configure(`${desk.recipient},${generateIdentity().recipient}`);
    const before = /,iv:[^\]]*\]/.exec(sealedBefore(name).toString())?.[0] ?? '';
    await desk.run(['updatekeys', '-y', name], { talks: true });
    expect(strangersTo(name)).toEqual([]);
    desk.configure(desk.recipient);
    expect(desk.read(name).toString()).toContain(before);
    expect(await desk.run(['decrypt', name])).toEqual(styled(name));
  });

  test.each(sample(OLD_STYLES, 4, 4))('by groups: %s', async (name) => {
    desk.write(name, sealedBefore(name));
    const words = [
      'groups',
      'add',
      '-i',
      '-f',
      name,
      '--age',
      desk.recipient,
      '--shamir-secret-sharing-threshold',
      '2',
    ];
    await desk.run(words, { talks: true });
    expect(strangersTo(name)).toEqual([]);
    expect(await desk.run(['decrypt', name])).toEqual(styled(name));
  });

  test.each(sample(OLD_STYLES, 4, 5))('by edit: %s', async (name) => {
    desk.write(
      'editor.cjs',
      "const fs = require('fs'); fs.writeFileSync(process.argv[2], fs.readFileSync(process.argv[2], 'latin1').replace(/b|indented/, 'changed'), 'latin1');",
    );
    desk.write(name, sealedBefore(name));
    await desk.run(['edit', name], { env: editor(name) });
    check(name);
    expect((await desk.run(['decrypt', name])).toString('latin1')).toBe(
      styled(name)
        .toString('latin1')
        .replace(/b|indented/, 'changed'),
    );
  });
});
