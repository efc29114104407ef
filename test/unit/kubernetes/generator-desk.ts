/** A folder with encrypted files, for tests of our own kind of generator. */
import { mkdirSync } from 'node:fs';
import { Desk } from '../../support/desk.js';

export const HEAD = 'apiVersion: sops-ts.dev/v1\nkind: SopsGenerator\nmetadata: {name: gen}\n';
export const CANARY = 'canary-5f2b91';
export const SECRET = `apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: ${CANARY} # note
  pin: "007"
`;

/** Whoever makes it removes it. */
export async function generatorDesk(): Promise<Desk> {
  const desk = new Desk();
  mkdirSync(desk.path('more'));
  const secret = (name: string) => desk.encrypt('x.yaml', SECRET.replace('name: db', `name: ${name}`));
  desk.write('db.enc.yaml', await secret('db'));
  desk.write('more/one.enc.yaml', await secret('one'));
  desk.write('more/two.enc.yaml', await secret('two'));
  desk.write('app.enc.env', await desk.encrypt('app.env', 'A=1\nB=two\n'));
  desk.write('bytes.enc', await desk.encrypt('bytes', Buffer.from([0xff, 0x00, 0x61])));
  desk.write('conf.enc.json', await desk.encrypt('conf.json', '{"db": {"user": "root", "port": 5432}}\n'));
  return desk;
}

/** What opens its files. */
export function keyOf({ identity }: Desk): Record<string, string> {
  return { SOPS_AGE_KEY: identity, SOPS_AGE_KEY_FILE: '' };
}
