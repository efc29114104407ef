/** Every vector of the real sops, both ways, through the real main. */
import { writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../../support/run.js';
import { hasGpg, needsGpg, readCase, VECTORS, type Vector, Workshop } from '../../support/vectors.js';

const workshop = new Workshop();
afterAll(() => workshop.remove());

const usable = VECTORS.filter((vector) => hasGpg || !needsGpg(vector));
const skipped = VECTORS.length - usable.length;
if (skipped > 0) console.warn(`SKIPPED: ${skipped} vectors need gpg, which is not on PATH`);

/** Lines without comments, and the comments: inline comments stay with us where SOPS moves them above their key. */
function apart(text: Buffer): { lines: string[]; comments: string[] } {
  const lines = text.toString('utf8').split('\n');
  const comments = lines.flatMap((line) => /(?:^|\s)#(.*)$/.exec(line)?.[1]?.trim() ?? []).sort();
  return {
    lines: lines.map((line) => line.replace(/(^|\s)#.*$/, '').trimEnd()).filter((line) => line !== ''),
    comments,
  };
}

function converts({ encrypt, decrypt }: Vector): boolean {
  const words = [...(encrypt?.args ?? []), ...(decrypt?.args ?? []), ...(encrypt?.global_args ?? [])];
  return words.some((word) => /output-type|extract|--indent/.test(word));
}

function inputType(vector: Vector): string[] {
  const args = vector.decrypt?.args ?? [];
  const at = args.findIndex((word) => word.startsWith('--input-type'));
  return at < 0 ? [] : args.slice(at, args[at]?.includes('=') ? at + 1 : at + 2);
}

describe('decrypting what sops wrote', () => {
  const cases = usable.filter(({ decrypt, failure, expect: kind }) => {
    return decrypt !== null && failure?.stage !== 'encrypt' && kind !== 'defect';
  });
  test.each(cases)('$name: $note', async (vector) => {
    const { decrypt, failure } = vector;
    if (!decrypt) throw new Error('a case without command');
    const cwd = workshop.layOut(vector);
    const env = workshop.env(decrypt.keys ?? []);
    const ran = await run([...decrypt.global_args, 'decrypt', ...decrypt.args, decrypt.file], { cwd, env });
    if (failure) {
      expect(ran.status, ran.stderr).toBe(failure.exit_code);
      expect(ran.stdout.length).toBe(0);
      expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(8);
      return;
    }
    expect(ran.status, ran.stderr).toBe(0);
    const wanted = readCase(cwd, decrypt.output ?? '');
    if (ran.stdout.equals(wanted)) return;
    if (vector.changed) expect(JSON.parse(ran.stdout.toString())).toEqual(JSON.parse(wanted.toString()));
    else expect(apart(ran.stdout)).toEqual(apart(wanted));
  });
});

describe('encrypting', () => {
  const cases = usable.filter(({ encrypt, expect: kind }) => encrypt !== null && kind !== 'decrypt-fails');
  test.each(cases)('$name: $note', async (vector) => {
    const { encrypt, decrypt, failure } = vector;
    if (!encrypt) throw new Error('a case without command');
    const cwd = workshop.layOut({ ...vector, name: vector.name });
    const words = [...encrypt.global_args, 'encrypt', ...encrypt.args, encrypt.file];
    const ran = await run(words, { cwd, env: workshop.env(['pgp-1']) });
    if (failure?.stage === 'encrypt') {
      expect(ran.status, ran.stderr).toBe(failure.exit_code);
      expect(ran.stdout.length).toBe(0);
      return;
    }
    expect(ran.status, ran.stderr).toBe(0);
    if (converts(vector)) return;
    const mine = `mine${extname(encrypt.output ?? '')}`;
    writeFileSync(join(cwd, mine), ran.stdout);
    const env = workshop.env(decrypt?.keys ?? ['age-1']);
    const back = await run(['decrypt', ...inputType(vector), mine], { cwd, env });
    expect(back.status, back.stderr).toBe(0);
    expect(back.stdout.equals(readCase(cwd, encrypt.file)), 'the own bytes').toBe(true);
  });
});
