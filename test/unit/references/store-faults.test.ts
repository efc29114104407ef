/** Cloud stores that are slow, down, busy, deny or answer half, for references and for publishing: a clear error or another try, never a program that was started. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { FAULT_STORES, type Fault, type FaultStore } from '../../support/fault-stores.js';
import { Publishing } from '../../support/publishing.js';
import { type Ran, run } from '../../support/run.js';
import { sample } from '../../support/sweep.js';
import { addAz } from '../keys/azure-service.js';
import { ProgramFolder } from '../keys/programs.js';

const programs = new ProgramFolder();
let publishing: Publishing;
beforeAll(async () => {
  addAz(programs);
  // The SDK of Azure looks at the process's own environment.
  vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
  publishing = await Publishing.start();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  programs.remove();
  await publishing.close();
});

let fault: Fault = () => undefined;
let store: FaultStore | undefined;
afterEach(async () => {
  fault = () => undefined;
  if (store) await store.http.close().catch(() => undefined);
  store = undefined;
});

const ATTEMPTS = {
  /** Starts a program with a reference in its environment. */
  async reference({ reference, env }: FaultStore): Promise<Ran> {
    await publishing.seal('read.yaml', `A: ${reference}\n`);
    publishing.write('.sops.yaml', '');
    const words = [
      'exec-env',
      '--resolve-refs',
      '--allow-ref',
      'all',
      'read.yaml',
      '--',
      'sh',
      '-c',
      'echo started $A',
    ];
    const PATH = process.env.PATH ?? '';
    return run(words, { cwd: publishing.folder, env: { ...publishing.env, PATH, ...env } });
  },
  async publish({ rule, env }: FaultStore): Promise<Ran> {
    await publishing.seal('app.yaml', 'A: s3cret\n');
    publishing.rules(`  - ${rule}\n`);
    return publishing.publish(['--yes', 'app.yaml'], { env });
  },
};
type Way = keyof typeof ATTEMPTS;
const WAYS = Object.keys(ATTEMPTS) as Way[];
const CASES = WAYS.flatMap((way) => FAULT_STORES.map(({ name }) => [way, name] as const)).filter(
  ([way, name]) => way === 'reference' || name !== 'onepasswordconnect',
);
/** Of each fault one case, with stores that need no package; all of them in the sweeps. */
const cases = (first: 'k8s' | 'onepasswordconnect' | 'publish'): (readonly [Way, string])[] =>
  sample(CASES, CASES.length, { k8s: 5, onepasswordconnect: 6, publish: 12 }[first]);

async function attempt(
  way: Way,
  name: string,
  of: (store: FaultStore) => Fault,
  more: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const kind = FAULT_STORES.find((one) => one.name === name);
  const started = await kind?.start(() => fault);
  if (!started) throw new Error(name);
  store = started;
  fault = of(started);
  const { KUBECONFIG_TEXT, ...env } = started.env;
  const own = KUBECONFIG_TEXT ? { KUBECONFIG: publishing.write('.kubeconfig', KUBECONFIG_TEXT) } : {};
  if (more.isDown) await started.http.close();
  const ran = await ATTEMPTS[way]({ ...started, env: { ...env, ...own, ...more } });
  expect(ran.stderr).not.toContain(started.secret);
  expect(ran.stderr).not.toContain('s3cret');
  return ran;
}

const SUCCESS: Readonly<Record<Way, object>> = {
  reference: { status: 0, stdout: Buffer.from('started value\n') },
  publish: { status: 0 },
};
/** Publishing has one status for all that fails. */
const failure = (way: Way, status: number) => ({ status: way === 'publish' ? 1 : status, stdout: Buffer.alloc(0) });

describe('all is well', () => {
  test.each(cases('k8s'))('%s, %s', async (way, name) => {
    expect(await attempt(way, name, () => () => undefined)).toMatchObject(SUCCESS[way]);
  });
});

describe('one that denies is told, and not asked again', () => {
  test.each(cases('publish'))('%s, %s', async (way, name) => {
    const ran = await attempt(
      way,
      name,
      ({ denial }) =>
        () =>
          denial,
    );
    expect(ran).toMatchObject(failure(way, 77));
  });
});

describe('one that is busy is asked again when it says', () => {
  test.each(cases('onepasswordconnect'))('%s, %s', async (way, name) => {
    const ran = await attempt(
      way,
      name,
      ({ busy }) =>
        (_, time) =>
          time === 0 ? busy('0') : undefined,
    );
    expect(ran).toMatchObject(SUCCESS[way]);
  });
});

describe('one that is busy for an hour is not waited for', () => {
  test.each(cases('k8s'))('%s, %s', async (way, name) => {
    const ran = await attempt(
      way,
      name,
      ({ busy }) =>
        () =>
          busy('3600'),
    );
    expect(ran).toMatchObject(failure(way, 69));
  });
});

describe('half an answer is none', () => {
  // S3 answers an upload by its status alone, and an object is whatever comes.
  test.each(cases('onepasswordconnect').filter(([, name]) => name !== 's3'))('%s, %s', async (way, name) => {
    const ran = await attempt(way, name, () => () => ({ body: '{"SecretString": "s3cret and more' }));
    expect(ran).toMatchObject(failure(way, 69));
  });
});

describe('one that breaks off within its answer is asked again', () => {
  test.each(cases('k8s'))('%s, %s', async (way, name) => {
    const once: Fault = (_, time) => (time === 0 ? { breaksOff: true, body: '{"SecretString": "value"}' } : undefined);
    expect(await attempt(way, name, () => once)).toMatchObject(SUCCESS[way]);
  });
});

describe('one that is down', () => {
  test.each(cases('publish'))('%s, %s', async (way, name) => {
    const ran = await attempt(way, name, () => () => undefined, { isDown: 'yes' });
    expect(ran).toMatchObject(failure(way, 69));
    expect(ran.stderr).toContain('connection refused');
  });
});

describe('one that never answers', () => {
  test.each(cases('publish'))('%s, %s', async (way, name) => {
    const silent: Fault = () => ({ isSilent: true, body: '' });
    const ran = await attempt(way, name, () => silent, { SOPS_TS_KEY_TIMEOUT: '0.3' });
    expect(ran).toMatchObject(failure(way, 69));
    expect(ran.stderr).toContain('no answer in time');
  });
});
