/** Google's packages write no request and no answer, and with them parts of data keys, to a log, whatever the environment wants. */
import gax from 'google-gax';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { gcpKmsProvider } from '../../../src/keys/gcp-kms/gcp-kms.js';
import { fixturePath } from './entries.js';
import { type GcpService, startGrpc, startRest } from './gcp-service.js';
import { hostOf } from './host.js';

const ID = 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key';
const PART = Buffer.from('a data key of thirty-two bytes!!');
const TOKEN = 'the-access-token';
/** How bytes are written down, by JSON and by util.inspect among others. */
const SECRETS = [
  PART.toString(),
  PART.toString('base64').replace(/=+$/, ''),
  PART.toString('hex'),
  PART.toString('hex')
    .replaceAll(/..(?=.)/g, '$& ')
    .slice(0, 60),
  JSON.stringify([...PART]).slice(1, -1),
  TOKEN,
];

let written: string[];
let service: GcpService;
beforeEach(() => {
  written = [];
  vi.stubEnv('GOOGLE_SDK_NODE_LOGGING', 'all');
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...said) => void written.push(said.map(String).join(' ')));
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await service.close();
});

const found = (): string[] => SECRETS.filter((secret) => written.some((text) => text.includes(secret)));

async function wrapAndOpen(env: Record<string, string>): Promise<void> {
  const host = hostOf({ env: { ...env, SOPS_GCP_KMS_ENDPOINT: service.endpoint, GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN } });
  const fields = new Map([['resource_id', ID]]);
  const enc = await gcpKmsProvider.wrap({ type: 'gcp_kms', fields, enc: '' }, PART, host);
  const opened = await gcpKmsProvider.unwrap({ type: 'gcp_kms', fields, enc }, host);
  expect(Buffer.from(opened)).toEqual(PART);
}

test.each([
  ['gRPC', startGrpc, { SSL_CERT_FILE: fixturePath('tls/localhost.crt') }],
  ['REST', startRest, { SOPS_GCP_KMS_CLIENT_TYPE: 'rest' }],
])('over %s', async (_, start, env) => {
  service = await start();
  await wrapAndOpen(env);
  expect(found()).toEqual([]);
  expect(written).toEqual([]);
});

test('the look-out sees what the packages would write', async () => {
  service = await startGrpc();
  gax.loggingUtils.setBackend(gax.loggingUtils.getNodeBackend());
  try {
    await wrapAndOpen({ SSL_CERT_FILE: fixturePath('tls/localhost.crt') });
  } finally {
    gax.loggingUtils.setBackend(null);
  }
  expect(found()).toEqual([expect.stringMatching(/^97,32,100/)]);
});
