/** What a file is, told in one way by every command: by its name and by what it holds. */
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { parseEncrypted } from '../../../src/operations/read/encrypted-files.js';
import { Desk } from '../../support/desk.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new Desk();
const AS_SOPS = { SOPS_TS_AS: 'sops' };
afterAll(() => desk.remove());

/** A grin and a NUL: as JSON and YAML write them, they differ. */
const PLAINS = {
  yaml: 'a: 1\nb: "x\\0"\n',
  json: '{\n\t"a": 1,\n\t"b": "\\u0000\u{1f600}"\n}\n',
  dotenv: 'A=1\nB=two\n',
  ini: '[s]\na = 1\n',
  toml: 'a = 1\n[b]\nc = "x"\n',
  binary: 'a: 1\n',
} as const;
type Format = keyof typeof PLAINS;
const FORMATS = Object.keys(PLAINS) as Format[];

/** Names that tell SOPS nothing. */
const NAMES = [
  'x.bin',
  '.env.production',
  '.env.local',
  'app.env.enc',
  's.yaml.tpl',
  'secrets.yaml.gotpl',
  'noext',
  'a.json.enc',
];

const sealed = new Map<Format, Buffer>();
beforeAll(async () => {
  for (const format of FORMATS) {
    sealed.set(format, await desk.encrypt('x', PLAINS[format], '--input-type', format, '--output-type', format));
  }
});

beforeEach(() => {
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
});

function ciphertext(format: Format): Buffer {
  return sealed.get(format) ?? Buffer.alloc(0);
}

const EVERY = NAMES.flatMap((name) => FORMATS.map((format) => [name, format] as const));

// Each name and each format has its turns.
describe.each(sample(EVERY, 5))('%s that holds %s', (name, format) => {
  test('is decrypted, and known as encrypted', async () => {
    desk.write(name, ciphertext(format));
    expect((await desk.run(['decrypt', name])).stdout.toString()).toBe(PLAINS[format]);
    expect((await desk.run(['filestatus', name])).stdout.toString()).toBe('{"encrypted":true}\n');
    expect((await desk.run(['doctor', name])).stderr).not.toContain('metadata');
    expect((await desk.run(['why', '--json', name])).stdout.toString()).toContain(`"format": "${format}"`);
    expect((await desk.run(['exec-file', name, 'cat {}'])).stdout.toString()).toBe(PLAINS[format]);
  });

  test('is not encrypted twice', async () => {
    desk.write(name, ciphertext(format));
    expect(await desk.run(['encrypt', '-i', name])).toMatchObject({ status: 203 });
    expect(desk.read(name)).toEqual(ciphertext(format));
  });

  test('keeps its format when it is rotated', async () => {
    desk.write(name, ciphertext(format));
    expect(await desk.run(['rotate', '-i', name])).toMatchObject({ status: 0, stderr: '' });
    expect(desk.read(name)).not.toEqual(ciphertext(format));
    expect((await desk.run(['decrypt', '--input-type', format, '--output-type', format, name])).stdout.toString()).toBe(
      PLAINS[format],
    );
  });
});

describe('changes', () => {
  test.each([
    ['yaml', '["a"]', 'a: 2\nb: "x\\0"\n'],
    ['json', '["a"]', '{\n\t"a": 2,\n\t"b": "\\u0000\u{1f600}"\n}\n'],
    ['dotenv', '["A"]', 'A=2\nB=two\n'],
    ['ini', '["s"]["a"]', '[s]\na = 2\n'],
    ['toml', '["a"]', 'a = 2\n[b]\nc = "x"\n'],
  ] as const)('set and unset in %s', async (format, place, plain) => {
    desk.write('x.bin', ciphertext(format));
    expect(await desk.run(['set', 'x.bin', place, '2'])).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['decrypt', 'x.bin'])).stdout.toString()).toBe(plain);
    expect(await desk.run(['unset', 'x.bin', place])).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['filestatus', '--input-type', format, 'x.bin'])).stdout.toString()).toContain('true');
  });

  test('exec-env', async () => {
    desk.write('.env.production', ciphertext('dotenv'));
    const ran = await desk.run(['exec-env', '.env.production', '--', 'sh', '-c', 'echo $A $B']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.toString()).toBe('1 two\n');
  });

  test('updatekeys and publish read by content, too', async () => {
    desk.write('s.yaml.tpl', ciphertext('yaml'));
    const ran = await desk.run(['updatekeys', '-y', 's.yaml.tpl']);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('already up to date') });
  });
});

describe('a container of bytes', () => {
  const TEXT = '\ufeffone\r\ntwo';

  test.each([
    ['with a byte order mark', (text: string) => Buffer.from(`\ufeff${text}`)],
    ['in UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['in UTF-16, the other way round', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ])('%s gives its content, not itself', async (_, recoded) => {
    desk.write('x.txt', recoded((await desk.encrypt('x.txt', TEXT)).toString()));
    expect((await desk.run(['decrypt', 'x.txt'])).stdout.toString()).toBe(TEXT);
    expect(await desk.run(['rotate', '-i', 'x.txt'])).toMatchObject({ status: 0 });
    expect((await desk.run(['decrypt', 'x.txt'])).stdout.toString()).toBe(TEXT);
    expect(await desk.run(['encrypt', '-i', 'x.txt'])).toMatchObject({ status: 203 });
  });

  test('on standard input, and under a name of JSON', async () => {
    const container = await desk.encrypt('x.txt', TEXT);
    expect((await desk.run(['decrypt'], { stdin: container })).stdout.toString()).toBe(TEXT);
    expect((await desk.decrypt('x.json', container)).stdout.toString()).toContain('"data":');
  });

  test('is none when something stands beside the content', async () => {
    const both = await desk.encrypt('x.json', '{"data": "x", "more": 1}');
    expect((await desk.decrypt('x.bin', both)).stdout.toString()).toBe('{"data": "x", "more": 1}');
    // SOPS looks at the content alone.
    const ran = await desk.run(['decrypt', '--filename-override', 'x.bin'], { stdin: both, env: AS_SOPS });
    expect(ran.stdout.toString()).toBe('x');
  });
});

describe('JSON', () => {
  test('in UTF-16 is JSON', async () => {
    const wide = Buffer.from(`\ufeff${ciphertext('json').toString()}`, 'utf16le');
    const { stdout } = await desk.decrypt('x.json', wide);
    expect(stdout.toString()).toBe(PLAINS.json);
  });

  test('that is broken is not taken for YAML', async () => {
    const broken = ciphertext('json').toString().replace('"sops"', '"sops" ');
    expect((await desk.decrypt('x.json', broken.replace(/\}\n\}\n$/, '},\n}\n'))).status).toBe(1);
  });

  test.each(['x.bin', '.env.local', 's.yaml.tpl'])(
    'that is broken around bytes is not taken for YAML: %s',
    async (name) => {
      const broken = ciphertext('binary')
        .toString()
        .replace(/\}\n\}\n$/, '},\n}\n');
      expect(broken).not.toBe(ciphertext('binary').toString());
      desk.write(name, broken);
      for (const command of ['decrypt', 'filestatus']) {
        expect(await desk.run([command, name])).toMatchObject({ status: 1, stdout: Buffer.alloc(0) });
      }
    },
  );
});

describe('a plaintext that SOPS reads and cannot encrypt', () => {
  test.each([
    ['x.yaml', '200: x\n'],
    ['x.yaml', 'a: 18446744073709551615\n'],
    ['x.yaml', `# sops and ENC[AES256_GCM,data:…]\na: {1: x}\n`],
    ['x.ini', '[s]\n- = x\n'],
  ])('%s: %j', async (name, text) => {
    desk.write(name, text);
    const status = await desk.run(['filestatus', name]);
    expect([status.stdout.toString(), status.stderr]).toEqual(['{"encrypted":false}\n', '']);
    for (const words of [['decrypt'], ['rotate', '-i'], ['edit']]) {
      const ran = await desk.run([...words, name]);
      expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('sops metadata not found') });
    }
    expect(await parseEncrypted(Buffer.from(text), name)).toBe(null);
    expect(await desk.run(['encrypt', name])).toMatchObject({
      status: 23,
      stderr: expect.stringContaining('Error encrypting tree: '),
    });
  });

  test.each([
    ['yaml', (text: string) => `200: x\n${text}`],
    ['ini', (text: string) => `- = x\n${text}`],
  ] as const)('cannot be decrypted once it is written into an encrypted file (%s)', async (format, changed) => {
    const ran = await desk.decrypt(`x.${format}`, changed(ciphertext(format).toString()));
    expect(ran).toMatchObject({ status: 25, stderr: expect.stringContaining('Error decrypting tree: ') });
  });
});

describe('what cannot be told', () => {
  test.each([
    ['yaml', 'x.bin', (text: string) => text.replace('b:', '\tb')],
    ['json', '.env.local', (text: string) => text.slice(0, -20)],
    ['dotenv', 'x.conf', (text: string) => `no line\n${text}`],
    ['ini', 'app.ini.tpl', (text: string) => `no line\n${text}`],
    ['toml', 'app.toml', (text: string) => `no line\n${text}`],
    ['toml', 'x.conf', (text: string) => `no line\n${text}`],
    ['binary', 'x.txt', (text: string) => text.slice(0, -20)],
  ] as const)('%s that is broken is an error, not "no"', async (format, name, broken) => {
    desk.write(name, broken(ciphertext(format).toString()));
    expect(await desk.run(['filestatus', name])).toMatchObject({ status: 1, stderr: expect.stringContaining('line ') });
    expect(await desk.run(['decrypt', name])).toMatchObject({ status: 1, stderr: expect.stringContaining('line ') });
    expect((await desk.run(['encrypt', '-i', name])).status).not.toBe(0);
  });

  test('a text about encrypted files is plaintext', async () => {
    const text = `# How to\n\nLike this:\n\n\`\`\`yaml\n${ciphertext('yaml').toString()}\`\`\`\n`;
    desk.write('README.md', text);
    expect((await desk.run(['filestatus', 'README.md'])).stdout.toString()).toBe('{"encrypted":false}\n');
    expect((await desk.decrypt('README.md', await desk.encrypt('README.md', text))).stdout.toString()).toBe(text);
  });

  test('a type that the file does not have is told', async () => {
    desk.write('s.yaml', ciphertext('yaml'));
    for (const type of ['json', 'dotenv', 'binary', 'ini', 'toml']) {
      const { status, stderr } = await desk.run(['decrypt', '--input-type', type, 's.yaml']);
      expect([status, stderr]).toEqual([1, expect.stringContaining('encrypted as yaml')]);
    }
  });
});

describe('called as sops', () => {
  const asSops = (words: string[]) => desk.run(words, { env: AS_SOPS });

  test('a tree of JSON under another name ends with 4, with the command that works', async () => {
    desk.write('x.bin', ciphertext('json'));
    const ran = await asSops(['decrypt', 'x.bin']);
    expect(ran).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('Error dumping file: error emitting binary store: no binary data found in tree'),
    });
    const [, command = ''] = /Write: sops (.*)/.exec(ran.stderr) ?? [];
    expect((await asSops(command.split(' '))).stdout.toString()).toBe(PLAINS.json);
    expect((await asSops(['set', 'x.bin', '["a"]', '2'])).status).toBe(0);
  });

  test('bytes are wrapped again, with a warning', async () => {
    desk.write('.env.local', ciphertext('binary'));
    expect(await asSops(['encrypt', '-i', '.env.local'])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('encrypted already'),
    });
    expect((await asSops(['decrypt', '.env.local'])).stdout).toEqual(ciphertext('binary'));
  });
});

describe('.env.production', () => {
  test('is dotenv, with a line for users of sops', async () => {
    desk.write('.env.production', PLAINS.dotenv);
    const ran = await desk.run(['encrypt', '-i', '.env.production']);
    expect(ran).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^warning: \.env\.production .*--input-type dotenv/),
    });
    expect(desk.text('.env.production')).toMatch(/^A=ENC/);
  });

  test('that sops wrote has no keys to set, where decrypting would not show them', async () => {
    const before = ciphertext('binary');
    for (const words of [
      ['set', 'A', '"2"'],
      ['unset', 'data'],
    ]) {
      desk.write('.env.local', before);
      const [command = '', ...rest] = words;
      const ran = await desk.run([command, '.env.local', ...rest]);
      expect(ran).toMatchObject({ status: 7, stderr: expect.stringContaining('one text without keys') });
      expect(ran.stderr).toContain('--input-type dotenv .env.local');
      expect(Buffer.from(desk.text('.env.local'))).toEqual(Buffer.from(before));
    }
    const asBefore = await desk.run(['set', '.env.local', '["A"]', '"2"'], { env: AS_SOPS });
    expect(asBefore).toMatchObject({ status: 0, stderr: expect.stringContaining('one text without keys') });
  });

  test('called as sops, is binary, with a warning', async () => {
    desk.write('.env.production', PLAINS.dotenv);
    const ran = await desk.run(['encrypt', '-i', '.env.production'], { env: AS_SOPS });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringMatching(/^warning: \.env\.production .* as binary/) });
    expect(desk.text('.env.production')).toMatch(/^\{\n\t"data": "ENC/);
  });

  test('that is not dotenv can still be encrypted as it is', async () => {
    desk.write('.env.local', 'no variable\n');
    const ran = await desk.run(['encrypt', '-i', '.env.local']);
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining('--input-type binary') });
    expect(await desk.run(['encrypt', '-i', '--input-type', 'binary', '.env.local'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect((await desk.run(['decrypt', '.env.local'])).stdout.toString()).toBe('no variable\n');
  });

  test.each(['.env.yaml', '.env.prod.json', 'x/.envrc', 'my.env.d'])('%s is not meant', async (name) => {
    const text = name.endsWith('.json') ? '{"A": 1}' : 'A: 1\n';
    const { stderr } = await desk.run(['encrypt', '--filename-override', name], { stdin: text });
    expect(stderr).not.toContain('encrypted as dotenv');
  });

  test('app.env.enc is told to be one piece', async () => {
    const { stderr, status } = await desk.run(['encrypt', '--filename-override', 'app.env.enc'], { stdin: 'A=1\n' });
    expect([status, stderr]).toEqual([0, expect.stringContaining('in one piece')]);
  });
});

describe('exec-env', () => {
  test.each(['.env.production', 'app.env.enc', 'x.bin'])('refuses %s with content of bytes', async (name) => {
    desk.write(name, ciphertext('binary'));
    for (const words of [['--', 'echo', 'ran'], ['echo ran']]) {
      const ran = await desk.run(['exec-env', name, ...words]);
      expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing would be set') });
      expect(ran.stdout.length).toBe(0);
    }
    const ran = await desk.run(['exec-env', name, 'echo "$data"'], { env: AS_SOPS });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('the variable data') });
    expect(ran.stdout.toString()).toBe(`${PLAINS.binary}\n`);
  });

  test('refuses what holds something, but not in its first document', async () => {
    desk.write('m.yaml', await desk.encrypt('m.yaml', '{}\n---\na: 1\n'));
    const ran = await desk.run(['exec-env', 'm.yaml', '--', 'echo', 'ran']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('first document is empty') });
    desk.write('e.json', await desk.encrypt('e.json', '{}'));
    expect((await desk.run(['exec-env', 'e.json', '--', 'echo', 'ran'])).stdout.toString()).toBe('ran\n');
  });
});
