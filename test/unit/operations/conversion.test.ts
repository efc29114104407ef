/** One format made of another: nothing of a file is lost unseen on the way, and nothing is refused that comes back as it was. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());
beforeEach(() => desk.clear());

/** Encrypts a text into another format. */
async function convert(name: string, text: string, format: string) {
  desk.write(name, text);
  return desk.run(['encrypt', '--output-type', format, name]);
}

/** The same, decrypted in that format. */
async function converted(name: string, text: string, format: string): Promise<string> {
  const { status, stdout, stderr } = await convert(name, text, format);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  desk.write('converted', stdout);
  const words = ['decrypt', '--input-type', format, '--output-type', format, 'converted'];
  return (await desk.run(words)).stdout.toString();
}

describe('encrypting into another format', () => {
  test.each([
    ['dotenv', 'a: x\nport_unencrypted: 8080\n', 'a=x\nport_unencrypted=8080\n'],
    ['dotenv', 'a: x\nday_unencrypted: 2020-01-01\n', 'a=x\nday_unencrypted=2020-01-01T00:00:00Z\n'],
    ['ini', 's:\n  a: x\n  port_unencrypted: 8080\n', '[s]\na                = x\nport_unencrypted = 8080\n'],
    ['json', 'a: x\nv_unencrypted: 1.0\n', '{\n\t"a": "x",\n\t"v_unencrypted": 1\n}\n'],
    ['json', 'a: x\nday_unencrypted: 2020-01-01\n', '{\n\t"a": "x",\n\t"day_unencrypted": "2020-01-01T00:00:00Z"\n}\n'],
    ['json', 'l: [{}, [], "", null]\n---\n# nothing\n', '{\n\t"l": [\n\t\t{},\n\t\t[],\n\t\t"",\n\t\tnull\n\t]\n}\n'],
  ])('a value in clear may have another type in %s, where its text is the same', async (format, text, plain) => {
    expect(await converted('x.yaml', text, format)).toBe(plain);
  });

  test.each([
    ['x.yaml', 'a: 1\n---\nb: ""\n', 'json', 'json has no place for document 2 of this yaml file'],
    ['x.yaml', 'a: 1\n---\nb: 2\n', 'json', 'json has no place for document 2 of this yaml file'],
    ['x.yaml', 'a: 1\n---\nb: {}\n', 'dotenv', 'dotenv has no place for document 2 of this yaml file'],
    ['x.json', '{"s":{"k":"","k":"1"}}', 'ini', 'this json document cannot be read back from ini'],
    ['x.json', '{"s":{"k":"","k":""}}', 'ini', 'this json document cannot be read back from ini'],
    ['x.json', '{"a":"","a":""}', 'yaml', 'this json document cannot be read back from yaml'],
  ])('%s: what %j has without a value is not lost in %s either', async (name, text, format, message) => {
    const { status, stdout, stderr } = await convert(name, text, format);
    expect({ status, stdout: stdout.toString(), stderr }).toMatchObject({ status: 4, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('an empty section, which a format has by itself, is nothing that was lost', async () => {
    expect(await converted('x.ini', '[s]\nk =\n', 'json')).toBe('{\n\t"DEFAULT": {},\n\t"s": {\n\t\t"k": ""\n\t}\n}\n');
    expect(await converted('x.yaml', 'a: {}\ns:\n  k: ""\n', 'ini')).toBe('[a]\n\n[s]\nk = \n');
  });

  test('comments that have no place are counted', async () => {
    const text = '# top\n# more\ns:\n  # within\n  k: v\n';
    const toldOf = async (format: string): Promise<string> => (await convert('x.yaml', text, format)).stderr;
    expect(await toldOf('json')).toContain('json has no place for 3 line(s) of comments');
    expect(await toldOf('ini')).toContain('ini has no place for 2 line(s) of comments');
    expect(await toldOf('toml')).not.toContain('has no place');
    desk.write('x.yaml', await desk.encrypt('x.yaml', text));
    const rotated = await desk.run(['rotate', '--output-type', 'json', 'x.yaml']);
    expect(rotated.stderr).toContain('json has no place for 3 line(s) of comments');
  });
});

describe('decrypting into another format tells of', () => {
  async function printed(name: string, text: string, format: string) {
    desk.write(name, await desk.encrypt(name, text));
    const { stdout, stderr } = await desk.run(['decrypt', '--output-type', format, name]);
    return { text: stdout.toString(), stderr };
  }

  test.each([
    ['x.yaml', 'a: 1\n---\nb: 2\n', 'json', 'json has no place for more than the first document'],
    ['x.yaml', 'a: x\nb: C:\\new\n', 'dotenv', 'dotenv has no way to say b as it is'],
    ['x.json', '{"s":{"a":"1","a":"2"}}', 'ini', 'ini has no way to say s.a as it is'],
    ['x.json', '{"a":"1","a":"2"}', 'yaml', 'the text cannot be read back as yaml: line 2, column 1'],
    ['x.json', '{"data":"x","more":"y"}', 'binary', 'binary has no way to say more as it is'],
  ])('%s: what %j loses in %s', async (name, text, format, warning) => {
    expect((await printed(name, text, format)).stderr).toContain(`warning: ${warning}`);
  });

  test.each([
    ['x.yaml', '# c\na: "l1\\nl2"\nb: true\nc: 1.0\nd: null\ne: 2020-01-01\n', 'dotenv'],
    ['x.yaml', 'a: 1.0\nb: 1e300\nc: 2020-01-01T00:00:00.5Z\nd: [{}, [], ""]\n', 'json'],
    ['x.ini', '[s]\nk = v\n', 'yaml'],
    ['x.env', 'A=1\n', 'json'],
  ])('nothing where %s with %j is in %s what it was', async (name, text, format) => {
    expect((await printed(name, text, format)).stderr).toBe('');
  });
});
