/** `edit` and `encrypt --update` on real files; the editors are shell scripts. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { findEditor } from '../../../src/exec/editor.js';
import type { OwnProcess } from '../../../src/exec/process-access.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { type EditRequest, editFile } from '../../../src/operations/write/edit.js';
import type { Host } from '../../../src/util/host/host.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const REQUEST: EditRequest = {
  input: { kind: 'file', path: 'a.yaml' },
  output: { kind: 'in-place' },
  keyFlags: new Map(),
  selection: {},
  macOnlyEncrypted: false,
  allowUnencrypted: false,
  ignoreMac: false,
  showMasterKeys: false,
};

const YAML = `# Settings
db:
  host: 'localhost'   # where
  password: "s3cret: yes"
  ports: [5432, 0x10]
list:
- a
- a
text: |
  one
  two
version: 1.10
`;
let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  mkdirSync(desk.path('tmp'));
});
afterEach(() => desk.remove());

/** An editor that runs shell commands on "$1". */
function editor(commands: string): Record<string, string> {
  desk.write('editor.sh', `#!/bin/sh\n${commands}\n`);
  chmodSync(desk.path('editor.sh'), 0o700);
  return { SOPS_EDITOR: desk.path('editor.sh'), TMPDIR: desk.path('tmp') };
}

async function sealed(name: string, text: string): Promise<string[]> {
  desk.write(name, text);
  expect(await desk.run(['encrypt', '-i', name])).toMatchObject({ status: 0 });
  return desk.text(name).split('\n');
}

async function decrypted(name: string): Promise<string> {
  const { status, stdout, stderr } = await desk.run(['decrypt', name]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.toString();
}

function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const own = /^\s*"?(sops_)?(mac|lastmodified|sops_ts_layout)\b/;
  const old = new Set(before);
  return after.filter((line) => !old.has(line) && !own.test(line));
}

const rescued = (): string[] => desk.names().filter((name) => name.includes('.rescued-'));

describe.skipIf(process.platform === 'win32')('edit', () => {
  test('keeps the texts that cannot be seen in the ciphertext', async () => {
    await sealed('a.yaml', YAML);
    await desk.run(['edit', 'a.yaml'], { env: editor(`sed -i 's/^- a$/- b/; 1i # more' "$1"`) });
    expect(await decrypted('a.yaml')).toBe(`# more\n${YAML.replaceAll('- a\n', '- b\n')}`);
  });

  test('does not loop when nobody is there to press enter, and keeps what was typed', async () => {
    await sealed('a.yaml', 'a: 1\n');
    const before = desk.text('a.yaml');
    const ran = await desk.run(['edit', 'a.yaml'], { env: editor('echo x >> runs; echo "{{{ bad" >> "$1"') });
    expect(ran.status).toBe(1);
    expect(desk.text('runs')).toBe('x\n');
    expect(desk.text('a.yaml')).toBe(before);
    const [name = ''] = rescued();
    expect(ran.stderr).toContain(name);
    expect(desk.text(name)).not.toContain('{{{ bad');
    expect(await decrypted(name)).toBe('a: 1\n{{{ bad\n');
  });

  test('an editor that fails after typing loses nothing', async () => {
    await sealed('a.yaml', 'a: 1\n');
    expect(await desk.run(['edit', 'a.yaml'], { env: editor('echo b: 2 >> "$1"; exit 1') })).toMatchObject({
      status: 201,
    });
    expect(await decrypted(rescued()[0] ?? '')).toBe('a: 1\nb: 2\n');
  });

  /** A swap file of Vim, whose text differs from the file or not. */
  const swapFile = (isDirty: boolean): Uint8Array => {
    const bytes = Buffer.alloc(4096);
    bytes.write('b0VIM 9.0');
    bytes[1007] = isDirty ? 0x55 : 0;
    return bytes;
  };

  test.each([
    ['vim', '.a.yaml.swp', swapFile(true), 'a.yaml.swp.rescued-'],
    ['vim, a second time', '.a.yaml.swo', swapFile(true), 'a.yaml.swo.rescued-'],
    ['nano', 'a.yaml.save', 'a: 1\nb: 2\n', 'a.yaml.save.rescued-'],
    ['emacs', '#a.yaml#', 'a: 1\nb: 2\n', 'a.yaml.autosave.rescued-'],
  ])('what was typed and not saved, and %s keeps in %s when it is ended, is not lost', async (_, name, copy, kept) => {
    await sealed('a.yaml', 'a: 1\n');
    desk.write('copy', copy);
    const env = editor(`cp "${desk.path('copy')}" "$(dirname "$1")/${name}"; kill -HUP $$`);
    const ran = await desk.run(['edit', 'a.yaml'], { env });
    const [found = ''] = rescued();
    expect([ran.status, found]).toEqual([201, expect.stringContaining(kept)]);
    expect(ran.stderr).toContain(`encrypted, in ${found}: sops-ts decrypt ${found}`);
    const { stdout } = await desk.run(['decrypt', found]);
    expect(stdout.equals(Buffer.from(copy))).toBe(true);
  });

  test.each([
    ['a swap file of what is in the file', '.a.yaml.swp', swapFile(false), 'exit 1'],
    ['a backup', 'a.yaml~', 'a: 1\n', 'exit 1'],
    ['anything after an edit that was saved', 'a.yaml.save', 'a: 1\n', 'echo b: 2 >> "$1"'],
    ['anything after an edit without a change', '.a.yaml.swp', swapFile(true), 'true'],
  ])('%s is not kept', async (_, name, copy, end) => {
    await sealed('a.yaml', 'a: 1\n');
    desk.write('copy', copy);
    await desk.run(['edit', 'a.yaml'], { env: editor(`cp "${desk.path('copy')}" "$(dirname "$1")/${name}"; ${end}`) });
    expect(rescued()).toEqual([]);
  });

  test('an editor that leaves a pipe in the place of the file is not waited for', async () => {
    await sealed('a.yaml', 'a: 1\n');
    const { status, stderr } = await desk.run(['edit', 'a.yaml'], { env: editor('rm "$1" && mkfifo "$1"') });
    expect([status === 0, stderr]).toEqual([false, expect.stringContaining('the editor left a pipe there')]);
    expect(await decrypted('a.yaml')).toBe('a: 1\n');
  });

  test('where nothing can be kept beside the file, it is kept in the working directory', async () => {
    mkdirSync(desk.path('folder'));
    await sealed('folder/a.yaml', 'a: 1\n');
    const env = editor(`echo b: 2 >> "$1"; rm -r "${desk.path('folder')}"`);
    const ran = await desk.run(['edit', 'folder/a.yaml'], { env });
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(`in ${rescued()[0]}: sops-ts decrypt`);
    expect(await decrypted(rescued()[0] ?? '')).toBe('a: 1\nb: 2\n');
  });
});

describe.skipIf(process.platform === 'win32')('edit beside others, and nowhere to put it', () => {
  test('an editor that leaves no file is told as that', async () => {
    await sealed('a.yaml', 'a: 1\n');
    const { status, stderr } = await desk.run(['edit', 'a.yaml'], { env: editor('rm "$1"') });
    expect([status, stderr]).toEqual([2, expect.stringContaining('the editor left none\n')]);
    expect(stderr).not.toContain('Is the name written right?');
  });

  /** Puts another file in its place while the editor runs. */
  const meanwhile = (content: Uint8Array | string): Record<string, string> => {
    desk.write('other', content);
    return editor(`echo b: 2 >> "$1"; cp "${desk.path('other')}" "${desk.path('a.yaml')}"`);
  };

  test('takes up what somebody else changed in the metadata', async () => {
    await sealed('a.yaml', YAML);
    desk.write('rotated.yaml', desk.text('a.yaml'));
    const { recipient } = generateIdentity();
    const rotated = await desk.run(['rotate', '-i', '--add-age', recipient, 'rotated.yaml']);
    expect(rotated.status, rotated.stderr).toBe(0);
    const ran = await desk.run(['edit', 'a.yaml'], { env: meanwhile(desk.read('rotated.yaml')) });
    expect([ran.status, ran.stderr, rescued()]).toEqual([0, '', []]);
    expect(await decrypted('a.yaml')).toBe(`${YAML}b: 2\n`);
    expect(desk.text('a.yaml')).toContain(recipient);
  });

  test.each([
    ['decrypted', 'a: 1\n', 'sops metadata not found'],
    ['emptied', '', ''],
    ['no YAML any more', '{{{ bad', 'line 1'],
  ])('a file that was %s meanwhile is no mistake of what was typed', async (_, content, reason) => {
    await sealed('a.yaml', 'a: 1\n');
    const ran = await desk.run(['edit', 'a.yaml'], { env: meanwhile(content) });
    expect(ran.status).toBe(75);
    expect(ran.stderr).toContain('a.yaml was changed by somebody else meanwhile, and cannot be opened any more: ');
    expect(ran.stderr).toContain(reason);
    expect(ran.stderr).not.toContain('Press enter');
    expect(desk.text('a.yaml')).toBe(content);
    expect(await decrypted(rescued()[0] ?? '')).toBe('a: 1\nb: 2\n');
  });

  test('does not overwrite a file that changed meanwhile', async () => {
    await sealed('a.yaml', 'a: 1\n');
    const env = editor(`echo "# other" >> "${desk.path('a.yaml')}"; echo b: 2 >> "$1"`);
    expect(await desk.run(['edit', 'a.yaml'], { env })).toMatchObject({ status: 75 });
    expect(desk.text('a.yaml')).toMatch(/# other\n$/);
    expect(await decrypted(rescued()[0] ?? '')).toBe('a: 1\nb: 2\n');
  });
});

describe.skipIf(process.platform === 'win32')('edit of a new file, and ended', () => {
  for (const name of ['n.yaml', 'n.json', 'n.env', 'n.ini', 'n.txt']) {
    test(`begins a new ${name} with the example`, async () => {
      expect(await desk.run(['edit', name], { env: editor('true') })).toMatchObject({ status: 200 });
      expect(desk.names()).not.toContain(name);
      expect(await desk.run(['edit', name], { env: editor(`sed -i 's/Welcome to SOPS/Hello/' "$1"`) })).toMatchObject({
        status: 0,
      });
      expect(await decrypted(name)).toContain('Hello! Edit this file as you please!');
    });
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)(
    '%s ends the editor and leaves no plaintext',
    async (signal) => {
      await sealed('a.yaml', 'a: 1\n');
      const before = desk.text('a.yaml');
      const env = {
        ...desk.env,
        ...editor(`echo b: 2 >> "$1"; dirname "$1" > starting; mv starting started; exec sleep 20`),
      };
      let listener: (signal: NodeJS.Signals) => void = () => undefined;
      const onSignals: OwnProcess['onSignals'] = (signals, listen) => {
        expect(signals).toContain(signal);
        listener = listen;
        return () => undefined;
      };
      const own = { pid: process.pid, userId: process.geteuid?.(), onSignals } as unknown as OwnProcess;
      const host: Host = {
        env,
        cwd: desk.folder,
        platform: process.platform,
        askSecret: () => Promise.reject(new Error('nobody is asked')),
        warn: () => undefined,
      };
      const tools = { own, findEditor: () => findEditor(host), pause: () => Promise.resolve(false) };
      const edited = editFile(REQUEST, tools, host).catch((error: unknown) => error);
      while (!existsSync(desk.path('started'))) await new Promise((settle) => setTimeout(settle, 20));
      const folder = desk.text('started').trim();
      expect(existsSync(folder)).toBe(true);
      listener(signal);
      expect(await edited).toMatchObject({ code: 'failed', message: 'User canceled operation' });
      expect(existsSync(folder)).toBe(false);
      expect(desk.text('a.yaml')).toBe(before);
      expect(await decrypted(rescued()[0] ?? '')).toBe('a: 1\nb: 2\n');
    },
  );
});

describe.skipIf(process.platform === 'win32')('edit of metadata', () => {
  test('--show-master-keys applies what is changed in the metadata', async () => {
    await sealed('a.yaml', 'a: 1\nb_plain: 2\n');
    const env = editor(`cp "$1" seen; sed -i 's/_unencrypted/_plain/' "$1"`);
    expect(await desk.run(['edit', '-s', 'a.yaml'], { env })).toMatchObject({ status: 0, stderr: '' });
    expect(desk.text('seen')).toMatch(/^a: 1\nb_plain: 2\nsops:\n/);
    expect(desk.text('a.yaml')).toContain('b_plain: 2\n');
    expect(desk.text('a.yaml')).toContain('unencrypted_suffix: _plain\n');
    expect(await decrypted('a.yaml')).toBe('a: 1\nb_plain: 2\n');
    const broken = editor(`sed -i 's/version: .*/version: none/' "$1"`);
    expect(await desk.run(['edit', '-s', 'a.yaml'], { env: broken })).toMatchObject({ status: 202 });
  });

  test.each([
    ['3.7.0', '3.13.2'],
    ['3.9.12', '3.13.2'],
    ['3.13.2', '3.13.2'],
    ['3.13.10', '3.13.10'],
    ['9.9.9', '9.9.9'],
  ])('brings the version %s forward to %s, as SOPS does; set leaves it', async (old, wanted) => {
    await sealed('a.yaml', 'a: 1\n');
    desk.write('a.yaml', desk.text('a.yaml').replace(/version: .*/, `version: ${old}`));
    expect(await desk.run(['set', 'a.yaml', 'a', '2'])).toMatchObject({ status: 0 });
    expect(desk.text('a.yaml')).toContain(`version: ${old}\n`);
    expect(await desk.run(['edit', 'a.yaml'], { env: editor('echo b: 2 >> "$1"') })).toMatchObject({ status: 0 });
    expect(desk.text('a.yaml')).toContain(`version: ${wanted}\n`);
    expect(await decrypted('a.yaml')).toBe('a: 2\nb: 2\n');
  });

  test('refuses a flag behind the file, which SOPS ignores', async () => {
    await sealed('a.yaml', 'a: 1\n');
    expect(await desk.run(['a.yaml', '-d'], { env: editor('true') })).toMatchObject({ status: 1 });
  });
});

describe('encrypt --update', () => {
  test('writes what changed, and nothing when nothing did', async () => {
    const before = await sealed('a.yaml', YAML);
    const bytes = desk.text('a.yaml');
    expect(await desk.run(['encrypt', '--update', 'a.yaml'], { stdin: YAML })).toMatchObject({ status: 0, stderr: '' });
    expect(desk.text('a.yaml')).toBe(bytes);
    const changed = YAML.replace('one', 'uno').replace("'localhost'", '"remote"');
    expect(await desk.run(['encrypt', '--update', 'a.yaml'], { stdin: changed })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(changedLines(before, desk.text('a.yaml').split('\n'))).toHaveLength(2);
    expect(await decrypted('a.yaml')).toBe(changed);
  });

  test('refuses what is encrypted already, what does not parse, and files that are not there', async () => {
    await sealed('a.yaml', 'a: 1\n');
    const before = desk.text('a.yaml');
    expect(await desk.run(['encrypt', '--update', 'a.yaml'], { stdin: before })).toMatchObject({ status: 203 });
    expect(await desk.run(['encrypt', '--update', 'a.yaml'], { stdin: '{{' })).toMatchObject({ status: 2 });
    expect(await desk.run(['encrypt', '--update', 'none.yaml'], { stdin: 'a: 1\n' })).toMatchObject({ status: 100 });
    expect(await desk.run(['encrypt', '--update'], { stdin: 'a: 1\n' })).toMatchObject({ status: 100 });
    expect(await desk.run(['encrypt', '--update', '--output=x', 'a.yaml'], { stdin: 'a: 1\n' })).toMatchObject({
      status: 8,
    });
    expect(desk.text('a.yaml')).toBe(before);
  });

  test('takes any bytes into a binary file', async () => {
    await sealed('a.bin', 'old');
    expect(await desk.run(['encrypt', '--update', 'a.bin'], { stdin: Buffer.from([0, 255, 10]) })).toMatchObject({
      status: 0,
    });
    expect((await desk.run(['decrypt', 'a.bin'])).stdout).toEqual(Buffer.from([0, 255, 10]));
  });
});
