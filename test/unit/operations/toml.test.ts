/** TOML through the commands: what SOPS does not know, rops reads, and every command takes. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const desk = new Desk();
afterAll(() => desk.remove());

const PLAIN = `# who is asked
name = 'value' # here
port = 0x1F90
since = 1979-05-27 07:32:00Z
day = 1979-05-27
empty = ""

[server.tls] # kept
on = true
keys = [
  "one", # first
  "two",
]

[[user]]
name = "a"
`;
const WARNING =
  'warning: sops knows no toml and cannot read what is encrypted as such; for sops, encrypt the file with --input-type binary\n';

async function out(words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await desk.run(words);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.toString();
}

beforeAll(async () => {
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
  desk.write('x.toml', PLAIN);
  const { status, stderr } = await desk.run(['encrypt', '-i', 'x.toml']);
  expect([status, stderr]).toEqual([0, WARNING]);
});

describe('an encrypted TOML file', () => {
  test('gives the text back, and keeps its comments encrypted', async () => {
    const text = desk.text('x.toml');
    expect(text).toMatch(/^#ENC\[AES256_GCM,/);
    expect(text).toMatch(/\nsince = "ENC\[AES256_GCM,.*,type:time\]"\n/);
    expect(text).toMatch(/\nempty = "ENC\[AES256_GCM,data:,iv:.*,type:str\]"\n/);
    expect(text).toMatch(/\n\n\[sops\]\nlastmodified = "/);
    const readable = text.slice(0, text.indexOf('[sops]')).replaceAll(/ENC\[[^\]]*\]/g, '');
    expect(readable).not.toMatch(/value|first|kept|who/);
    expect(await out(['decrypt', 'x.toml'])).toBe(PLAIN);
  });

  test.each(['noext', 'x.ini', 'x.yaml', 'x.json', '.env', 'x.bin'])('is known under the name %s', async (name) => {
    desk.write(name, desk.read('x.toml'));
    const type = name === 'noext' || name === 'x.bin' ? [] : ['--output-type', 'toml'];
    expect(await out(['decrypt', ...type, name])).toBe(PLAIN);
    expect(await out(['filestatus', name])).toBe('{"encrypted":true}\n');
    expect(await out(['why', '--json', name])).toContain('"format": "toml"');
    desk.write(name, '');
  });

  test('is changed in place, and nothing but what changed', async () => {
    desk.write('c.toml', desk.read('x.toml'));
    const before = desk.text('c.toml').split('\n');
    await out(['set', 'c.toml', '["server"]["tls"]["on"]', 'false']);
    const changed = desk
      .text('c.toml')
      .split('\n')
      .filter((line, at) => line !== before[at]);
    expect(changed.map((line) => line.split(' ')[0])).toEqual([
      'on',
      ...changed.slice(1).map((line) => line.split(' ')[0]),
    ]);
    expect(changed.slice(1).every((line) => /^(?:lastmodified|mac|sops_ts_layout) = /.test(line))).toBe(true);
    await out(['set', 'c.toml', '["user"][1]["name"]', '"b"']);
    await out(['unset', 'c.toml', '["server"]["tls"]["keys"]']);
    await out(['rotate', '-i', 'c.toml']);
    expect(await out(['decrypt', 'c.toml'])).toBe(
      `${PLAIN.replace('on = true', 'on = false').replace(/keys = [^\]]*\]\n/, '')}\n[[user]]\nname = "b"\n`,
    );
  });

  test('is edited, new or old', async () => {
    const env = { SOPS_EDITOR: 'sh -c \'sed -i "s/hello = .*/hello = 1/" "$0"\'' };
    const { status, stderr } = await desk.run(['edit', 'new.toml'], { env });
    expect([status, stderr]).toEqual([0, WARNING]);
    expect(await out(['decrypt', '--extract', '["hello"]', 'new.toml'])).toBe('1\n');
  });

  test('gives its values to programs and to other formats', async () => {
    expect(await out(['decrypt', '--extract', '["server"]["tls"]["keys"][1]', 'x.toml'])).toBe('one');
    expect(await out(['decrypt', '--extract', '["port"]', 'x.toml'])).toBe('8080\n');
    expect(JSON.parse(await out(['decrypt', '--output-type', 'json', 'x.toml']))).toMatchObject({
      since: '1979-05-27T07:32:00Z',
      day: '1979-05-27',
      user: [{ name: 'a' }],
    });
    expect(await out(['decrypt', '--output-type', 'yaml', 'x.toml'])).toContain('since: 1979-05-27T07:32:00Z\n');
    expect(await out(['exec-file', 'x.toml', 'cat {}'])).toBe(PLAIN);
    desk.write('flat.toml', 'A = "b"\nN = 1\n');
    await desk.run(['encrypt', '-i', 'flat.toml']);
    expect(await out(['exec-env', 'flat.toml', 'echo $A$N'])).toBe('b1\n');
  });

  test('comes of other formats, but not with null', async () => {
    desk.write('y.yaml', '# c\na:\n  b: 1\nz: 2\n');
    const { stdout } = await desk.run(['encrypt', '--output-type', 'toml', 'y.yaml']);
    desk.write('y.toml', stdout);
    expect(await out(['decrypt', 'y.toml'])).toBe('# c\na.b = 1\nz = 2\n');
    desk.write('n.yaml', 'a:\n  b: null\n');
    const { status, stderr } = await desk.run(['encrypt', '--output-type', 'toml', 'n.yaml']);
    expect(status).not.toBe(0);
    expect(stderr).toContain('TOML has no null');
    expect(stderr).toContain('key a.b');
  });
});

test('SOPS takes x.toml for binary, and what it encrypted so is opened', async () => {
  const env = { SOPS_TS_AS: 'sops' };
  desk.write('s.toml', PLAIN);
  const { status, stderr } = await desk.run(['encrypt', '-i', 's.toml'], { env });
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(desk.text('s.toml'))).toHaveProperty('data');
  expect(await out(['decrypt', 's.toml'])).toBe(PLAIN);
  expect((await desk.run(['decrypt', 's.toml'], { env })).stdout.toString()).toBe(PLAIN);
});

test('what rops encrypted is decrypted as rops does it, and its "null" stays', async () => {
  const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/${name}`, import.meta.url), 'utf8');
  desk.write('rops.toml', fixture('toml/rops.toml'));
  const env = { SOPS_AGE_KEY: fixture('vectors/keys/age-1.txt') };
  const decrypt = async () => (await desk.run(['decrypt', 'rops.toml'], { env })).stdout.toString();
  expect(await decrypt()).toBe(fixture('toml/rops-decrypted.toml'));
  const before = desk.text('rops.toml').split('\n');
  const { status, stderr } = await desk.run(['set', 'rops.toml', '["count"]', '43'], { env });
  expect([status, stderr]).toEqual([0, '']);
  const after = desk.text('rops.toml').split('\n');
  const changed = after.filter((line, at) => line !== before[at]).map((line) => line.split(' ')[0]);
  expect(changed.slice(0, 3)).toEqual(['count', 'lastmodified', 'mac']);
  expect(await decrypt()).toBe(fixture('toml/rops-decrypted.toml').replace('count = 42', 'count = 43'));
});
