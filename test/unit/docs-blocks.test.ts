/** Runs the shell blocks of README and pages that are marked as runnable. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, runnableBlocks } from '../support/docs.js';
import { KeyVaultSecrets } from '../support/key-vault-secrets.js';
import { Program, ROOT } from '../support/program.js';
import { sample } from '../support/sweep.js';
import { ValsServers } from '../support/vals-examples.js';
import { addAz, CERTIFICATE } from './keys/azure-service.js';
import { type GcpService, startRest } from './keys/gcp-service.js';
import { HttpService } from './keys/http-service.js';
import { ProgramFolder } from './keys/programs.js';

const BLOCK_TIMEOUT = 60_000;

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

const blocks = runnableBlocks(ROOT);
const ofReadme = blocks.filter(({ place }) => place.startsWith('README.md:'));
const others = blocks.filter(({ place }) => !place.startsWith('README.md:'));

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sops-ts-blocks-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What stands for a KMS, a controller, and the stores that pages name. */
class StandIns {
  /** Those of clouds that log in. */
  readonly programs = new ProgramFolder();

  private constructor(
    private readonly servers: ValsServers,
    private readonly kms: GcpService,
    private readonly controller: HttpService,
    private readonly vault: KeyVaultSecrets,
  ) {}

  static async start(): Promise<StandIns> {
    const certificate = readFileSync(join(ROOT, 'fixtures/sealed-secrets/keys/a.cert.pem'), 'utf8');
    const controller = await HttpService.start(({ path }) =>
      path === '/v1/cert.pem' ? { body: certificate } : { status: 404, body: '' },
    );
    const vault = await KeyVaultSecrets.start();
    vault.put('db', '{"password": "swordfish"}');
    const standIns = new StandIns(await ValsServers.start(), await startRest(), controller, vault);
    addAz(standIns.programs);
    return standIns;
  }

  /** Their addresses, and log-ins there. */
  env(folder: string): Record<string, string> {
    const KUBECONFIG = join(folder, 'kubeconfig');
    writeFileSync(KUBECONFIG, this.servers.kubeconfig);
    return {
      ...this.servers.env,
      ...{ KUBECONFIG, CONTROLLER: this.controller.url, SOPS_GCP_KMS_ENDPOINT: this.kms.endpoint },
      ...{ VAULT: new URL(this.vault.http.url).host, AZKV_AUTH: 'cli', NODE_EXTRA_CA_CERTS: CERTIFICATE },
      ...{ SOPS_GCP_KMS_CLIENT_TYPE: 'rest', KEY: 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key' },
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.servers.close(), this.kms.close(), this.controller.close(), this.vault.http.close()]);
    this.programs.remove();
  }
}

let standIns: StandIns;
beforeAll(async () => {
  standIns = await StandIns.start();
});
afterAll(() => standIns.close());

/** Runs a block as somebody would who pastes it into an empty folder, but that it ends with the first command that fails. */
function runBlock({ script }: Block, programs: string): Promise<Ended> {
  const cwd = mkdtempSync(join(scratch, 'block-'));
  const home = join(cwd, 'home');
  mkdirSync(home);
  const usual = {
    PATH: [programs, standIns.programs.path, process.env.PATH].join(delimiter),
    HOME: home,
    USER: 'reader',
  };
  const env = { ...usual, ...standIns.env(home) };
  return new Promise((resolve) => {
    const child = spawn('sh', ['-eu', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

describe.skipIf(process.platform === 'win32')('shell blocks that can be run', () => {
  let program: Program;
  let programs: string;
  beforeAll(() => {
    program = new Program();
    programs = join(scratch, 'bin');
    mkdirSync(programs);
    for (const name of ['sops-ts', 'sops-ts-kustomize']) {
      const script = `#!/bin/sh\nexec "${process.execPath}" "${join(dirname(program.file), name)}.js" "$@"\n`;
      writeFileSync(join(programs, name), script);
      chmodSync(join(programs, name), 0o755);
    }
  });

  test('there are some', () => {
    expect(ofReadme.length).toBeGreaterThan(0);
    expect(others.length).toBeGreaterThan(10);
  });

  // Those of the README always: they are the first that anybody runs.
  test.each([...ofReadme, ...sample(others, 8)])('$place', { timeout: BLOCK_TIMEOUT }, async (block) => {
    const { status, output } = await runBlock(block, programs);
    expect(status, output).toBe(0);
  });

  test('one that fails in the middle is found', async () => {
    const script = 'sops-ts decrypt absent.yaml\ntrue\n';
    const { status, output } = await runBlock({ place: 'here', script }, programs);
    expect(output).toContain('absent.yaml');
    expect(status).toBe(100);
  });
});
