/** The other programs of these tests: a key service, a place that files are published to, and what stands for kustomize. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import type { Desk } from '../support/desk.js';
import type { Injector } from './injector.js';

/** What kustomize hands to a function that makes objects. */
export const PLUGIN_INPUT = JSON.stringify({
  apiVersion: 'config.kubernetes.io/v1',
  kind: 'ResourceList',
  functionConfig: { apiVersion: 'viaduct.ai/v1', kind: 'ksops', metadata: { name: 'g' }, files: ['enc.yaml'] },
  items: [],
});

/** Vault, as far as publishing goes: nothing is there yet, and all is taken. */
const VAULT = `
  const server = require('node:http').createServer((request, response) => {
    request.resume().on('end', () => {
      response.statusCode = request.method === 'GET' ? 404 : 200;
      response.end(request.method === 'GET' ? '{"errors":[]}' : '{}');
    });
  });
  server.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
`;

/** Prints the files of a build as they are, which is all that a build with one of them does. */
const KUSTOMIZE = `#!/bin/sh
[ "$1" = version ] && echo v5.8.1
for word; do [ -d "$word" ] && cat "$word"/enc.yaml; done
exit 0
`;

/** Puts a program called `kustomize` into the folder of a desk. */
export function layOutKustomize(desk: Desk): void {
  chmodSync(desk.write('kustomize', KUSTOMIZE), 0o755);
}

export class Bystanders {
  private constructor(
    private readonly children: readonly ChildProcess[],
    /** Where the key service listens. */
    readonly socket: string,
    /** What makes the program find the others. */
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start(desk: Desk, injector: Injector, identity: string): Promise<Bystanders> {
    layOutKustomize(desk);
    const vault = spawn(process.execPath, ['-e', VAULT], { stdio: ['ignore', 'pipe', 'inherit'] });
    const address = await firstLine(vault.stdout);
    const words = [injector.file, 'keyservice', '--network', 'unix', '--address', desk.path('keys.sock')];
    const env = { PATH: process.env.PATH ?? '', HOME: desk.path('home'), SOPS_AGE_KEY: identity };
    const service = spawn(process.execPath, words, { cwd: desk.folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    await firstLine(service.stderr);
    return new Bystanders([vault, service], `unix://${desk.path('keys.sock')}`, {
      PATH: `${desk.folder}:${process.env.PATH ?? ''}`,
      VAULT_ADDR: address,
      VAULT_TOKEN: 'token',
      VAULT_MAX_RETRIES: '0',
    });
  }

  stop(): void {
    for (const child of this.children) child.kill();
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [chunk] = await once(stream, 'data');
  return String(chunk).trim();
}
