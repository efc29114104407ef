/** For tests of `emit`: a folder with an encrypted Secret and variables, and runs that are looked through for values. */
import { expect } from 'vitest';
import { Desk } from '../../../support/desk.js';
import { validObjects } from '../../../support/schemas.js';

export const CANARY = 'canary-7f3a9c-value';
export const SECRET = `apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: prod
  labels: {team: a}
  annotations:
    note: kept
    kubectl.kubernetes.io/last-applied-configuration: ${CANARY}
type: kubernetes.io/tls
immutable: true
data:
  tls.crt: ${Buffer.from(CANARY).toString('base64')}
  tls.key: ${Buffer.from([255, 254, 0, 1]).toString('base64')}
stringData:
  PASS: ${CANARY}
`;

export type Emitted = { metadata: Record<string, unknown>; spec: Record<string, never> } & Record<string, unknown>;

export class EmitDesk extends Desk {
  async fill(): Promise<void> {
    const selection = ['--encrypted-regex', '^(data|stringData)$'];
    this.write('secret.enc.yaml', await this.encrypt('secret.enc.yaml', SECRET, ...selection));
    this.write('app.env', await this.encrypt('app.env', `DB_PASS=${CANARY}\nDB_USER=u\n`));
  }

  /** Emits, expects it to work, and every object to be valid and free of values. Without keys unless told otherwise. */
  readonly emit = async (
    words: readonly string[],
    options: { keys?: boolean; stdin?: string; warns?: RegExp } = {},
  ): Promise<Emitted[]> => {
    const env = options.keys ? {} : { SOPS_AGE_KEY: '' };
    const ran = await this.run(['emit', ...words], {
      env,
      ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    });
    expect(ran.status, ran.stderr).toBe(0);
    if (options.warns) expect(ran.stderr).toMatch(options.warns);
    else expect(ran.stderr).toBe('');
    const text = ran.stdout.toString();
    for (const secret of [CANARY, Buffer.from(CANARY).toString('base64'), 'ENC['])
      expect(text + ran.stderr).not.toContain(secret);
    return validObjects(text) as Emitted[];
  };

  readonly refused = async (words: readonly string[], message: string, stdin?: string): Promise<void> => {
    const ran = await this.run(['emit', ...words], stdin === undefined ? {} : { stdin });
    expect(ran.status).not.toBe(0);
    expect(ran.stdout.toString()).toBe('');
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).not.toContain(CANARY);
  };
}
