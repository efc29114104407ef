/**
 * Other readers of the format, where they are installed: rops (crates.io), sops-age (npm) and Flux's own decryptor, each on files of
 * every style that sops-ts encrypted.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { announceSkipped, findTool } from '../support/programs.js';
import { OLD_STYLES, STYLES, StyleDesk, sealedBefore, styled } from '../support/styles.js';

const ROPS = findTool('rops', 'ROPS_BIN', ['--help']);
const FLUX = process.env.FLUX_DECRYPT_BIN;
const PACKAGE = process.env.SOPS_AGE_PACKAGE;
const ENTRY = PACKAGE && join(PACKAGE, 'dist/index.js');

const desk = new StyleDesk();
afterAll(() => desk.remove());

/** What has no comment (rops does not read encrypted ones), and is one document. */
const PLAIN = STYLES.filter((name) => !styled(name).includes('#') && !/second|bin$|ini$/.test(name));

async function seal(name: string): Promise<void> {
  desk.write(name, styled(name));
  await desk.run(['encrypt', '-i', name]);
}

/** The tree of a plaintext as JSON. */
async function treeOf(name: string): Promise<unknown> {
  return JSON.parse((await desk.run(['decrypt', '--output-type', 'json', name])).toString());
}

if (!ROPS) announceSkipped(PLAIN.length, 'rops is not installed');
describe.runIf(ROPS)('rops reads', () => {
  // It knows no dotenv and no byte order mark.
  test.each(PLAIN.filter((name) => /(?:yaml|json)$/.test(name) && name !== 'bom.yaml'))('%s', async (name) => {
    await seal(name);
    const wanted = await treeOf(name);
    const format = name.endsWith('.yaml') ? 'yaml' : 'json';
    // With a file as operand it wants a terminal on its standard input.
    const ran = spawnSync(ROPS ?? '', ['decrypt', '--format', format], {
      cwd: desk.folder,
      input: readFileSync(join(desk.folder, name)),
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', HOME: desk.folder, ROPS_AGE: secretOf(desk.identity) },
    });
    expect(ran.status, ran.stderr).toBe(0);
    desk.write(`rops-${name}`, ran.stdout);
    await desk.run(['encrypt', '-i', `rops-${name}`]);
    expect(await treeOf(`rops-${name}`)).toEqual(wanted);
  });
});

/** What passes both ways: all but encrypted times and infinities. */
const TOML = [
  'a = 1\nb = "x"\nc = 5.0\nd = true\nempty = ""\nlist = []\n',
  "# c\na = 0xFF # d\nb = '''it\"s 'x' \\'''\nday = 1979-05-27\nat = 07:32:00.5\n",
  '\n[a.b]\nx = """\n1\n2"""\n\n[a.c]\ny = [1, [2.5, "z"], { u = 1, v = { w = "" } }]\n',
  '[[l]]\nn = 1\n[l.m]\no = "null"\n[[l]]\nn = 2\n"q r" = -0.0\n',
  'a_unencrypted = 1979-05-27T07:32:00.5-07:00\nb = 1\n',
  '[a.b]\nx = 1\n[q]\nx = 2\n[a]\nx = 3\n',
];

if (!ROPS) announceSkipped(TOML.length * 2 - 1, 'rops is not installed');
describe.runIf(ROPS)('TOML passes between rops and sops-ts', () => {
  function rops(words: readonly string[], input: Buffer | string): string {
    const env = { PATH: process.env.PATH ?? '', HOME: desk.folder, ROPS_AGE: secretOf(desk.identity) };
    const options = { cwd: desk.folder, input, encoding: 'utf8', env } as const;
    const ran = spawnSync(ROPS ?? '', [...words, '--format', 'toml'], options);
    expect(ran.status, ran.stderr).toBe(0);
    return ran.stdout;
  }

  test.each(TOML)('to it: %j', async (text) => {
    desk.write('x.toml', text);
    await desk.run(['encrypt', '-i', 'x.toml'], { talks: true });
    expect((await desk.run(['decrypt', 'x.toml'])).toString()).toBe(text);
    const wanted = await treeOf('x.toml');
    desk.write('y.toml', rops(['decrypt'], desk.read('x.toml')));
    await desk.run(['encrypt', '-i', 'y.toml'], { talks: true });
    expect(await treeOf('y.toml')).toEqual(wanted);
  });

  // The last one rops prints in another order than it hashes, and cannot read itself.
  test.each(TOML.slice(0, -1))('from it, in its own text: %j', async (text) => {
    const rule = ['--unencrypted-suffix', '_unencrypted'];
    const sealed = rops(['encrypt', '--age', desk.recipient, ...rule], text);
    desk.write('z.toml', sealed);
    const plain = rops(['decrypt'], sealed);
    // rops prints one more line end.
    expect((await desk.run(['decrypt', 'z.toml'])).toString().trimEnd()).toBe(plain.trimEnd());
    await desk.run(['set', 'z.toml', '["more"]["n"]', '1']);
    expect(rops(['decrypt'], desk.read('z.toml'))).toContain('[more]\nn = 1\n');
  });
});

if (!ENTRY) announceSkipped(PLAIN.length, 'SOPS_AGE_PACKAGE names no folder of sops-age');
describe.runIf(ENTRY && existsSync(ENTRY))('sops-age reads', () => {
  test.each(PLAIN)('%s', async (name) => {
    await seal(name);
    const wanted = await treeOf(name);
    const { decryptSops } = (await import(pathToFileURL(ENTRY ?? '').href)) as {
      decryptSops(options: object): Promise<Record<string, unknown>>;
    };
    const read = await decryptSops({ path: join(desk.folder, name), secretKey: secretOf(desk.identity) });
    expect(read).toEqual(wanted);
  });
});

if (!FLUX) announceSkipped(STYLES.length, 'FLUX_DECRYPT_BIN names no program');
describe.runIf(FLUX)("Flux's decryptor leaves nothing encrypted", () => {
  const sources: [string, string, () => Promise<void>][] = [
    ...STYLES.map((name): [string, string, () => Promise<void>] => ['new', name, () => seal(name)]),
    ...OLD_STYLES.map((name): [string, string, () => Promise<void>] => [
      'rotated',
      name,
      async () => {
        desk.write(name, sealedBefore(name));
        await desk.run(['rotate', '-i', name]);
      },
    ]),
  ];

  test.each(sources)('%s: %s', async (age, name, make) => {
    await make();
    const sealed = desk.read(name);
    const folder = join(desk.folder, `flux-${age}-${name}`);
    mkdirSync(folder);
    writeFileSync(join(folder, name), sealed);
    const list = name.endsWith('.env') ? 'envs' : 'files';
    const generator = `secretGenerator:\n  - name: g\n    ${list}: [${name}]\n`;
    writeFileSync(join(folder, 'kustomization.yaml'), `kind: Kustomization\n${generator}`);
    writeFileSync(join(folder, 'resource.json'), generated(name, sealed));
    desk.write('keys.txt', desk.identity);
    const ran = spawnSync(FLUX ?? '', [join(desk.folder, 'keys.txt'), folder], { encoding: 'utf8' });
    expect(ran.status, ran.stderr).toBe(0);
    // By the name of the source, and by what a generated Secret holds.
    expect(readFileSync(join(folder, name), 'utf8')).not.toContain('ENC[');
    const { data } = JSON.parse(readFileSync(join(folder, 'resource.json'), 'utf8')) as {
      data: Record<string, string>;
    };
    const given = Buffer.from(data[name] ?? '', 'base64').toString();
    expect(given).not.toBe('');
    expect(given).not.toContain('ENC[');
  });
});

/** A Secret as kustomize's generator makes it of a file. */
function generated(name: string, content: Buffer): string {
  const data = { [name]: content.toString('base64') };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'g', namespace: 'default' }, data });
}

function secretOf(identity: string): string {
  return /AGE-SECRET-KEY-\S+/.exec(identity)?.[0] ?? '';
}
