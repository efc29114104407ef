/** Every vector through the real sops and ours: what each encrypts the other reads, to the same data and comments. */
import { writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { FormatName } from '../../src/formats/registry.js';
import { formatOfName } from '../../src/formats/registry.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { type Ran, run } from '../support/run.js';
import { meaningOf, SOPS_OLDER, sopsIn } from '../support/sops.js';
import { hasGpg, needsGpg, readCase, VECTORS, type Vector, Workshop } from '../support/vectors.js';

const workshop = new Workshop();
afterAll(() => workshop.remove());

/** Those that encrypt and decrypt, without a change between. */
const whole = VECTORS.filter((vector) => vector.expect === 'ok' && vector.encrypt && vector.decrypt && !vector.changed);
const cases = whole.filter((vector) => hasGpg || !needsGpg(vector));

if (!SOPS) announceSkipped(2 * cases.length, 'there is no sops program');
if (cases.length < whole.length) announceSkipped(2 * (whole.length - cases.length), 'there is no gpg program');

/** Sops reads with the first release that can: 3.13.2 fails on comments in lists, releases before it read some INI keys differently. */
async function readBySops(words: readonly string[], cwd: string, env: Record<string, string>): Promise<Ran> {
  const ran = await sopsIn(cwd, words, { env });
  return ran.status === 0 || SOPS_OLDER === undefined ? ran : sopsIn(cwd, words, { env, file: SOPS_OLDER });
}

/** The format a command prints in: its flag's, else that of the file's name. */
function formatOf({ decrypt }: Vector, name: string): FormatName {
  const args = decrypt?.args ?? [];
  const at = args.indexOf('--output-type');
  return at < 0 ? formatOfName(name).name : ((args[at + 1] ?? 'binary') as FormatName);
}

/** Same bytes, or the same leaves and comments. */
async function checkSame(vector: Vector, one: Buffer, other: Buffer, name: string): Promise<void> {
  if (one.equals(other)) return;
  const extracts = vector.decrypt?.args.includes('--extract');
  const format = formatOf(vector, name);
  if (extracts || format === 'binary') expect(one.toString('latin1')).toBe(other.toString('latin1'));
  else expect(await meaningOf(one, format)).toEqual(await meaningOf(other, format));
}

describe.skipIf(!SOPS)('sops reads what we encrypt', () => {
  test.each(cases)('$name', async (vector) => {
    const { encrypt, decrypt } = vector;
    if (!encrypt || !decrypt) throw new Error('a case without command');
    const cwd = workshop.layOut(vector);
    const sealed = await run([...encrypt.global_args, 'encrypt', ...encrypt.args, encrypt.file], {
      cwd,
      env: workshop.env(['pgp-1']),
    });
    expect(sealed.status, sealed.stderr).toBe(0);
    const name = `ours${extname(encrypt.output ?? '')}`;
    writeFileSync(join(cwd, name), sealed.stdout);
    const ran = await readBySops(
      [...decrypt.global_args, 'decrypt', ...decrypt.args, name],
      cwd,
      workshop.env(decrypt.keys ?? []),
    );
    expect(ran.status, ran.stderr).toBe(0);
    await checkSame(vector, ran.stdout, readCase(cwd, decrypt.output ?? ''), name);
  });
});

describe.skipIf(!SOPS)('we read what sops encrypts', () => {
  test.each(cases)('$name', async (vector) => {
    const { encrypt, decrypt } = vector;
    if (!encrypt || !decrypt) throw new Error('a case without command');
    const cwd = workshop.layOut(vector);
    const sealed = await sopsIn(cwd, [...encrypt.global_args, 'encrypt', ...encrypt.args, encrypt.file], {
      env: workshop.env(['pgp-1']),
    });
    expect(sealed.status, sealed.stderr).toBe(0);
    const name = `theirs${extname(encrypt.output ?? '')}`;
    writeFileSync(join(cwd, name), sealed.stdout);
    const ran = await run([...decrypt.global_args, 'decrypt', ...decrypt.args, name], {
      cwd,
      env: workshop.env(decrypt.keys ?? []),
    });
    expect(ran.status, ran.stderr).toBe(0);
    await checkSame(vector, ran.stdout, readCase(cwd, decrypt.output ?? ''), name);
  });
});
