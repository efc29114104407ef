/** For tests of `seal` and `unseal`: a Secret, keys, and runs that are looked through for plaintext. */
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Desk } from '../../../support/desk.js';
import { validObjects } from '../../../support/schemas.js';
import { sealedPath } from '../../../support/sealed.js';

export const CANARY = 'canary-7f3a9c-value';
export const CERT = ['--cert', sealedPath('keys/a.cert.pem')];
export const KEY = ['--private-key', sealedPath('keys/a.key.pem')];
export const SCOPE = 'sealedsecrets.bitnami.com';

export const secret = (more = '', value = CANARY): string =>
  `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: prod\n${more}stringData:\n  password: ${value}\n`;

/** What base64 stands for. */
export const text = (base64: string): string => Buffer.from(base64, 'base64').toString();

/** The runs on a desk. */
export function sealingOn(desk: Desk) {
  /** Runs, and expects it to do its work. */
  async function done(words: readonly string[], stdin: Uint8Array | string = ''): Promise<string> {
    const ran = await desk.run(words, { stdin });
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stderr).not.toContain(CANARY);
    const printed = ran.stdout.toString();
    if (printed.includes('apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret')) validObjects(printed);
    return printed;
  }

  /** Runs, and expects a refusal that holds these words and no plaintext. */
  async function refused(
    words: readonly string[],
    message: string | RegExp,
    stdin: Uint8Array | string = '',
  ): Promise<void> {
    const ran = await desk.run(words, { stdin });
    expect(ran.status).not.toBe(0);
    expect(ran.stdout.toString()).toBe('');
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain(CANARY);
    expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
  }

  /** The Secret in a SealedSecret. */
  const opened = async (sealed: string, ...flags: string[]) =>
    parse(await done(['unseal', '-', ...KEY, ...flags], sealed));

  return { done, refused, opened };
}
