/** A folder with the files that vals's examples name, and what both programs are started with there. */
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { Desk } from './desk.js';
import type { ValsServers } from './vals-examples.js';

const FOLDER = new URL('../../fixtures/references/', import.meta.url);
const SCRIPTS: Readonly<Record<string, string>> = {
  'my-script.sh': 'echo "called with $*"',
  'vault-helper.sh': 'echo "password: of $2"',
  'my-tool': 'echo "token $API_TOKEN"',
};

export class ValsDesk {
  readonly desk = new Desk();

  constructor(private readonly servers: ValsServers) {
    const { desk } = this;
    for (const name of ['foo', 'bin', 'home']) mkdirSync(desk.path(name));
    for (const name of readdirSync(new URL('files/', FOLDER))) {
      desk.write(name, readFileSync(new URL(`files/${name}`, FOLDER)));
    }
    desk.write('foo/bar', 'the file\n');
    desk.write('token', 'the token');
    desk.write('jwt', 'of-the-pod');
    desk.write('password', 'password of some-user');
    desk.write('kubeconfig', servers.kubeconfig);
    for (const [name, script] of Object.entries(SCRIPTS)) {
      chmodSync(desk.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
    }
  }

  get env(): Record<string, string> {
    const { desk, servers } = this;
    return {
      ...servers.env,
      HOME: desk.path('home'),
      PATH: `${desk.path('bin')}:${process.env.PATH}`,
      KUBECONFIG: desk.path('kubeconfig'),
      VAULT_KUBERNETES_JWT_TOKEN_PATH: desk.path('jwt'),
      BAO_KUBERNETES_JWT_TOKEN_PATH: desk.path('jwt'),
      SOPS_AGE_KEY: readFileSync(new URL('age.txt', FOLDER), 'utf8'),
    };
  }

  /** The reference as it is here. */
  filled(reference: string): string {
    return reference.replaceAll('{vault}', this.servers.vault).replaceAll('{folder}', this.desk.folder);
  }
}
