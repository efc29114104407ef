/** `edit --k8s`: the values of Secrets are shown decoded. */
import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { FINE, SECRET, sealSecret } from './secret-file.js';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

describe('edit --k8s', () => {
  async function edited(name: string, script: string, ...words: string[]) {
    desk.write('edit.sh', `#!/bin/sh\ncp "$1" ${desk.path('shown')}\n${script}\n`);
    chmodSync(desk.path('edit.sh'), 0o755);
    return desk.run(['edit', '--k8s', ...words, name], { env: { EDITOR: desk.path('edit.sh') } });
  }

  test('shows values decoded; what was not changed comes back as it stood', async () => {
    desk.write('s.enc.yaml', await sealSecret(desk, SECRET));
    const before = desk.text('s.enc.yaml').split('\n');
    const ran = await edited('s.enc.yaml', `sed -i 's/admin/root/; s/^  bin:.*/&\\n  new: "007"/' "$1"`);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(desk.text('shown')).toBe(
      SECRET.replace('YWRtaW4=', 'admin')
        .replace('bin: /wA=', 'bin: !!binary /wA=')
        .replace('bGluZTEKbGluZTIK', '|\n    line1\n    line2')
        .replace('|\n    YWJj\n    ZGVm', 'abcdef'),
    );
    const plain = (await desk.run(['decrypt', 's.enc.yaml'])).stdout.toString();
    expect(plain).toBe(SECRET.replace('YWRtaW4=', 'cm9vdA==').replace('  bin: /wA=\n', '  bin: /wA=\n  new: MDA3\n'));
    const changed = desk
      .text('s.enc.yaml')
      .split('\n')
      .filter((line) => !before.includes(line) && !line.includes('lastmodified'));
    expect(changed.map((line) => line.trim().split(':')[0])).toEqual(['user', 'new', 'mac']);
  });

  test('nothing changed is nothing written', async () => {
    desk.write('s.enc.yaml', await sealSecret(desk, SECRET));
    expect((await edited('s.enc.yaml', 'true')).status).toBe(200);
  });

  test('JSON: bytes stay in base64', async () => {
    const json =
      '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YWRtaW4=", "b": "/wA="}}\n';
    desk.write('s.enc.json', await desk.encrypt('x.json', json, '--encrypted-regex', '^data$'));
    await edited('s.enc.json', `sed -i 's/"admin"/"é\\\\n"/' "$1"`);
    expect(desk.text('shown')).toBe(json.replace('YWRtaW4=', 'admin'));
    expect((await desk.run(['decrypt', 's.enc.json'])).stdout.toString()).toBe(
      json.replace('YWRtaW4=', Buffer.from('é\n').toString('base64')),
    );
  });

  test('other documents, kinds and aliases are left alone', async () => {
    const text = `kind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\ndata: {a: YQ==}\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: s}\ndata: {a: &x YQ==, b: *x}\n`;
    desk.write('s.enc.yaml', await sealSecret(desk, text));
    await edited('s.enc.yaml', `echo '# end' >> "$1"`);
    expect((await desk.run(['decrypt', 's.enc.yaml'])).stdout.toString()).toBe(`${text}# end\n`);
  });

  test('a number is refused and can be mended; other formats have no Secrets', async () => {
    desk.write('s.enc.yaml', await sealSecret(desk, FINE));
    const ran = await edited('s.enc.yaml', `sed -i 's/admin/12345/' "$1"`);
    expect(ran.stderr).toContain('data.user is not quoted, and not every reader');
    desk.write('a.enc.env', await desk.encrypt('a.env', 'A=1\n'));
    expect(await edited('a.enc.env', 'true')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('--k8s is for Secrets in YAML or JSON'),
    });
    expect((await edited('s.enc.yaml', 'true', '--show-master-keys')).status).toBe(8);
  });
});
