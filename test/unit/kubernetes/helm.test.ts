/** `helm downloader` and `helm install`: the URLs of helm-secrets, decrypted without it. */
import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { parseSecretsUrl } from '../../../src/kubernetes/helm/secrets-url.js';
import { Desk } from '../../support/desk.js';
import { run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const PLAIN = '# values\npassword: CANARY\nport: 0x10\n';
let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  desk.write('values.enc.yaml', await desk.encrypt('values.yaml', PLAIN));
});
afterEach(() => desk.remove());

const KEYLESS = { SOPS_AGE_KEY: '' };

async function download(
  url: string,
  env: Record<string, string> = {},
): Promise<{ status: number; out: string; err: string }> {
  const { status, stdout, stderr } = await desk.run(['helm', 'downloader', '', '', '', url], { env });
  return { status, out: stdout.toString(), err: stderr };
}

describe('helm downloader', () => {
  test('prints the plaintext, in the four words of Helm and alone', async () => {
    expect(await download('secrets://values.enc.yaml')).toEqual({ status: 0, out: PLAIN, err: '' });
    const { stdout } = await desk.run(['helm', 'downloader', 'secrets://values.enc.yaml']);
    expect(stdout.toString()).toBe(PLAIN);
  });

  test.each([
    ['JSON', 'v.json', '{"a": "CANARY"}\n'],
    ['dotenv', 'v.env', 'A=CANARY\n'],
    ['INI', 'v.ini', '[s]\na = CANARY\n'],
    ['a file of bytes', 'v.bin', 'CANARY'],
    ['YAML of another ending', 'v.yaml.dec', 'a: CANARY\n'],
  ])('knows %s', async (_format, name, text) => {
    desk.write(name, await desk.encrypt(name.replace('.dec', ''), text));
    expect(await download(`secrets://${name}`)).toEqual({ status: 0, out: text, err: '' });
  });

  test('hands on what is not encrypted, and with noop whatever it is', async () => {
    desk.write('plain.yaml', 'a: 1\n');
    expect((await download('secrets://plain.yaml')).out).toBe('a: 1\n');
    expect((await download('secrets://noop!values.enc.yaml')).out).toBe(desk.text('values.enc.yaml'));
    expect((await download('secrets://sops!values.enc.yaml')).out).toBe(PLAIN);
  });

  test('tells of a missing file, unless it may be missing', async () => {
    expect(await download('secrets://nope.yaml')).toEqual({
      status: 2,
      out: '',
      err: 'Error reading file: nope.yaml: no such file or directory\n  Is the name written right? A relative one counts from the working directory.\n',
    });
    expect(await download('secrets://?nope.yaml')).toEqual({ status: 0, out: '', err: '' });
    expect((await download('secrets://nope.yaml', { HELM_SECRETS_IGNORE_MISSING_VALUES: 'true' })).status).toBe(0);
  });
});

describe('helm downloader, where it is told to look', () => {
  test('takes an age key from a file, and no other', async () => {
    desk.write('key.txt', `${desk.identity}\n`);
    const url = 'secrets+age-import://key.txt?values.enc.yaml';
    expect(await download(url, KEYLESS)).toEqual({ status: 0, out: PLAIN, err: '' });
    desk.write('other.txt', `${new Desk().identity}\n`);
    const other = await download('secrets+age-import://?sops!other.txt?values.enc.yaml', {
      SOPS_AGE_KEY_FILE: desk.path('key.txt'),
    });
    expect(other.status).toBe(128);
    expect((await download('secrets+age-import://nokey.txt?values.enc.yaml')).err).toContain(
      'cannot read the key: nokey.txt',
    );
  });

  test('takes an age key from a Secret of the cluster, without putting it on disk', async () => {
    const secret = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      data: { 'age.agekey': Buffer.from(desk.identity).toString('base64') },
    });
    desk.write('kubectl', `#!/bin/sh\necho "$@" > "${desk.path('called')}"\necho '${secret}'\n`);
    chmodSync(desk.path('kubectl'), 0o755);
    const env = { ...KEYLESS, HELM_SECRETS_KUBECTL_PATH: desk.path('kubectl') };
    const url = 'secrets+age-import-kubernetes://flux/sops-age#age.agekey?values.enc.yaml';
    expect(await download(url, env)).toEqual({ status: 0, out: PLAIN, err: '' });
    expect(desk.text('called')).toBe('get secret -n flux sops-age -o json\n');
    const missing = await download(url.replace('#age.agekey', '#b'), env);
    expect(missing).toMatchObject({ status: 1, err: `Couldn't find key "b" in kubernetes secret flux/sops-age\n` });
    expect((await download(url.replace('flux/', ''), env)).status).toBe(0);
    expect(desk.text('called')).toBe('get secret sops-age -o json\n');
  });

  test('opens literals', async () => {
    const sealed = (await desk.encrypt('l.json', '{"a": "CANARY"}')).toString();
    expect((await download(`secrets+literal://${sealed}`)).out).toBe('{"a": "CANARY"}');
    expect((await download('secrets+literal://plain text')).out).toBe('plain text');
  });

  test('reads over HTTP', async () => {
    const server = createServer((request, answer) => {
      if (request.url === '/values.yaml?x=1') answer.end(desk.read('values.enc.yaml'));
      else answer.writeHead(404).end();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect((await download(`secrets://${base}/values.yaml?x=1`)).out).toBe(PLAIN);
      expect(await download(`secrets://${base}/nope`)).toMatchObject({
        status: 2,
        err: expect.stringContaining('status 404'),
      });
      expect((await download(`secrets://?${base}/nope`)).status).toBe(0);
    } finally {
      server.close();
    }
  });
});

describe('helm downloader refuses', () => {
  test('prints nothing of a file whose MAC does not fit', async () => {
    desk.write(
      'bad.yaml',
      desk
        .text('values.enc.yaml')
        .replace('# values', '# others')
        .replace(/^port:.*\n/m, ''),
    );
    const { status, out, err } = await download('secrets://bad.yaml');
    expect(status).toBe(51);
    expect(out + err).not.toContain('CANARY');
  });

  test.each([
    ['ftp://x', 'Unknown protocol "ftp"'],
    ['secrets://vals!x', 'the backend vals is not one of sops-ts'],
    ['secrets+age-import://x.yaml', 'Invalid syntax: secrets+age-import://[path to key]?[path secrets.yaml]'],
    ['secrets+age-import-kubernetes://-A/x#k?v.yaml', 'Invalid syntax'],
    ['secrets+age-import-kubernetes://--kubeconfig=x#k?v.yaml', 'Invalid syntax'],
    ['secrets+age-import-kubernetes://x?v.yaml', 'Invalid syntax'],
  ])('refuses %s', async (url, message) => {
    const { status, err } = await download(url);
    expect(status).toBe(1);
    expect(err).toContain(message);
  });

  test.each([
    ['HELM_SECRETS_ALLOW_AGE_IMPORT', 'false', 'secrets+age-import://key.txt?values.enc.yaml'],
    ['HELM_SECRETS_ALLOW_GPG_IMPORT', 'false', 'secrets+gpg-import://key.txt?values.enc.yaml'],
    ['HELM_SECRETS_ALLOW_AGE_IMPORT_KUBERNETES', 'false', 'secrets+age-import-kubernetes://a#b?values.enc.yaml'],
    ['HELM_SECRETS_KEY_LOCATION_PREFIX', '/keys/', 'secrets+age-import://key.txt?values.enc.yaml'],
    ['HELM_SECRETS_KEY_LOCATION_PREFIX', '/keys/', 'secrets+age-import:///keys/../key.txt?values.enc.yaml'],
    ['HELM_SECRETS_VALUES_ALLOW_ABSOLUTE_PATH', 'false', 'secrets:///etc/passwd'],
    ['HELM_SECRETS_VALUES_ALLOW_PATH_TRAVERSAL', 'false', 'secrets://../values.enc.yaml'],
    ['HELM_SECRETS_ALLOWED_BACKENDS', 'vals', 'secrets://values.enc.yaml'],
    ['HELM_SECRETS_ALLOWED_BACKENDS', 'sops,vals', 'secrets://noop!values.enc.yaml'],
    ['HELM_SECRETS_VALUES_ALLOW_SYMLINKS', 'false', 'secrets://link.yaml'],
    ['HELM_SECRETS_VALUES_ALLOW_SYMLINKS', 'false', 'secrets://folder/values.enc.yaml'],
    ['HELM_SECRETS_VALUES_ALLOW_SYMLINKS', 'false', 'secrets://inner/../folder/./deep/../values.enc.yaml'],
    ['HELM_SECRETS_VALUES_ALLOW_SYMLINKS', 'false', 'secrets://?sops!folder/values.enc.yaml'],
    ['HELM_SECRETS_KEY_LOCATION_PREFIX', 'keys/', 'secrets+age-import://keys/out/key.txt?values.enc.yaml'],
  ])('heeds %s=%s', async (variable, value, url) => {
    desk.write('key.txt', `${desk.identity}\n`);
    symlinkSync('values.enc.yaml', desk.path('link.yaml'));
    symlinkSync('.', desk.path('folder'));
    mkdirSync(desk.path('keys'));
    symlinkSync('..', desk.path('keys/out'));
    expect(await download(url, { [variable]: value })).toMatchObject({
      status: 1,
      out: '',
      err: expect.stringContaining(variable),
    });
  });

  test('does not take for a link what leads to where it is called', async () => {
    const inner = desk.path('here');
    symlinkSync(desk.folder, inner);
    const ran = await run(['helm', 'downloader', '', '', '', 'secrets://values.enc.yaml'], {
      cwd: inner,
      env: { ...desk.env, HELM_SECRETS_VALUES_ALLOW_SYMLINKS: 'false' },
    });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    mkdirSync(desk.path('keys'));
    desk.write('keys/key.txt', `${desk.identity}\n`);
    const url = 'secrets+age-import://keys/key.txt?values.enc.yaml';
    expect(await download(url, { HELM_SECRETS_KEY_LOCATION_PREFIX: 'keys/' })).toMatchObject({ status: 0 });
  });

  test('takes an allowed backend, and fails on what no path can be', async () => {
    const { status } = await download('secrets://values.enc.yaml', { HELM_SECRETS_ALLOWED_BACKENDS: 'vals,sops' });
    expect(status).toBe(0);
    const { status: failed, err } = await download(`secrets://${'x'.repeat(5000)}`);
    expect(failed).toBe(2);
    expect(err).toMatch(/^Error reading file: x/);
  });

  test('a URL keeps what belongs to its file', () => {
    expect(parseSecretsUrl('secrets+gpg-import-kubernetes://ns/key#a.b?x?y#z')).toEqual({
      target: 'x?y#z',
      literal: false,
      optional: false,
      backend: 'sops',
      keys: { type: 'gpg', source: { kind: 'cluster', namespace: 'ns', name: 'key', key: 'a.b' } },
    });
  });
});

describe('helm install', () => {
  test.each([
    ['HELM_PLUGINS', 'plugins', 'plugins/sops-ts'],
    ['HELM_DATA_HOME', 'data', 'data/plugins/sops-ts'],
    ['XDG_DATA_HOME', 'share', 'share/helm/plugins/sops-ts'],
  ])('goes where %s says', async (variable, folder, place) => {
    mkdirSync(desk.path(folder));
    const argv = process.argv[1];
    process.argv[1] = new URL('../../../bin/sops-ts.js', import.meta.url).pathname;
    try {
      const ran = await desk.run(['helm', 'install'], { env: { [variable]: desk.path(folder) } });
      expect(ran).toMatchObject({ status: 0, stderr: `installed ${desk.path(place)}\n` });
    } finally {
      process.argv[1] = argv ?? '';
    }
    expect(desk.text(`${place}/plugin.yaml`)).toContain('- command: sops-ts helm downloader\n');
    expect(statSync(desk.path(`${place}/sops-ts`)).mode & 0o777).toBe(0o755);
  });
});
