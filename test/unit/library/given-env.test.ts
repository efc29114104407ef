/** Environments that callers give: the clients of clouds find in them what they say, and nothing of the process's user. */
import { type AddressInfo, createServer } from 'node:net';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { encrypt } from '../../../src/index.js';
import { callOf } from '../../../src/library/call.js';
import { settingsFor, sharedFilesOf } from '../../../src/services/aws/settings.js';
import { wellKnownFile } from '../../../src/services/gcp/credentials.js';
import { kubeconfigPaths } from '../../../src/services/kubernetes/kubeconfig.js';
import { LibraryDesk } from '../../support/library-desk.js';
import { AwsService } from '../keys/aws-service.js';
import { fixturePath } from '../keys/entries.js';
import { startGrpc } from '../keys/gcp-service.js';

afterEach(() => vi.unstubAllEnvs());

const HOME = '/home/of-the-process';
const hostOf = (env?: Record<string, string>) => callOf(env ? { env, cwd: '/folder' } : { cwd: '/folder' }).host;

describe('an environment of the caller', () => {
  test('without a home has no files of a user', async () => {
    vi.stubEnv('HOME', HOME);
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', '/process/token');
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::1:role/process');
    const host = hostOf({});
    const files = { filepath: devNull, configFilepath: devNull };
    expect(sharedFilesOf(host)).toEqual(files);
    expect(await settingsFor('eu-west-1', '', host)).toMatchObject({ ...files, webIdentityTokenFile: '', roleArn: '' });
    expect(wellKnownFile(host)).toBeUndefined();
    expect(kubeconfigPaths(host)).toEqual([]);
  });

  test('tells of its own', async () => {
    vi.stubEnv('HOME', HOME);
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    const host = hostOf({ HOME: '/mine', AWS_CONFIG_FILE: 'aws', AWS_MAX_ATTEMPTS: '7', AWS_ROLE_ARN: 'arn' });
    expect(await settingsFor('eu-west-1', '', host)).toMatchObject({
      filepath: '/mine/.aws/credentials',
      configFilepath: '/folder/aws',
      roleArn: 'arn',
      maxAttempts: 7,
      useFipsEndpoint: false,
    });
    expect(wellKnownFile(host)).toBe('/mine/.config/gcloud/application_default_credentials.json');
  });

  test('has the endpoints that it names, and not those of the process', async () => {
    const desk = new LibraryDesk();
    const [own, others] = [await AwsService.start(), await AwsService.start()];
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', others.http.url);
    const services = `services = local\nendpoint_url = ${others.http.url}\n[services local]\nkms =\n  endpoint_url = ${own.http.url}\n`;
    for (const settings of [`endpoint_url = ${own.http.url}\n`, services]) {
      desk.write('aws', `[default]\n${settings}`);
      await encrypt('a: 1\n', {
        env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_CONFIG_FILE: 'aws' },
        ...{ cwd: desk.folder, config: false, format: 'yaml' },
        recipients: ['arn:aws:kms:eu-west-1:123456789012:key/k'],
      });
    }
    expect([own.calls.length, others.calls.length]).toEqual([2, 0]);
    await Promise.all([own.http.close(), others.http.close()]);
    desk.remove();
  });

  test('has no proxy of the process', async () => {
    const [service, proxy] = [await startGrpc(), createServer((socket) => socket.destroy())];
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const asked = vi.fn();
    proxy.on('connection', asked);
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    await encrypt('a: 1\n', {
      env: {
        ...{ SOPS_GCP_KMS_ENDPOINT: service.endpoint, GOOGLE_OAUTH_ACCESS_TOKEN: 'x' },
        SSL_CERT_FILE: fixturePath('tls/localhost.crt'),
      },
      ...{ config: false, format: 'yaml' },
      recipients: ['projects/p/locations/l/keyRings/r/cryptoKeys/k'],
    });
    expect(service.calls).toHaveLength(1);
    expect(asked).not.toHaveBeenCalled();
    proxy.close();
    await service.close();
  });

  test('that is the process’s leaves to the SDK what it knows better', async () => {
    vi.stubEnv('HOME', HOME);
    const host = hostOf();
    const settings = await settingsFor('eu-west-1', '', host);
    expect(settings).toMatchObject({ filepath: join(HOME, '.aws/credentials') });
    expect(settings).not.toHaveProperty('maxAttempts');
  });
});
