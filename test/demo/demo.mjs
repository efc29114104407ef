/** The main job on a real manifest: makes an age key, encrypts, shows, decrypts, and proves the bytes equal. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateAgeKey } from '../../dist/index.js';

const program = fileURLToPath(new URL('../../bin/sops-ts.js', import.meta.url));
const manifest = fileURLToPath(new URL('../../fixtures/demo/deployment.yaml', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sops-ts-demo-'));
const file = join(folder, 'deployment.yaml');

function run(...args) {
  console.log(`$ sops-ts ${args.map((arg) => arg.replace(folder, '.')).join(' ')}`);
  const done = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, SOPS_AGE_KEY_FILE: join(folder, 'keys.txt'), SOPS_AGE_RECIPIENTS: '' },
  });
  process.stderr.write(done.stderr);
  if (done.status !== 0) {
    console.error(`sops-ts ended with status ${done.status}`);
    process.exit(1);
  }
  return done.stdout;
}

try {
  const { identity, recipient } = await generateAgeKey();
  writeFileSync(join(folder, 'keys.txt'), `# public key: ${recipient}\n${identity}\n`, { mode: 0o600 });
  console.log(`made an age key: ${recipient}\n`);
  copyFileSync(manifest, file);
  const rules = `creation_rules:\n  - path_regex: \\.yaml$\n    encrypted_regex: ^(data|stringData)$\n    age: ${recipient}\n`;
  writeFileSync(join(folder, '.sops.yaml'), rules);
  run('encrypt', '--in-place', file);
  console.log(`\n${readFileSync(file, 'utf8')}`);
  const plain = run('decrypt', file);
  console.log(`\n${plain}`);
  if (plain !== readFileSync(manifest, 'utf8')) {
    console.error('the decrypted text is NOT the original');
    process.exit(1);
  }
  console.log('The decrypted text equals the original byte for byte.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
