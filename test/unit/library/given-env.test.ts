/** Environments that callers give: the clients of clouds find in them what they say, and nothing of the process's user. */
import { devNull } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { callOf } from '../../../src/library/call.js';
import { settingsFor, sharedFilesOf } from '../../../src/services/aws/settings.js';
import { wellKnownFile } from '../../../src/services/gcp/credentials.js';
import { kubeconfigPaths } from '../../../src/services/kubernetes/kubeconfig.js';

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

  test('that is the process’s leaves to the SDK what it knows better', async () => {
    vi.stubEnv('HOME', HOME);
    const host = hostOf();
    const settings = await settingsFor('eu-west-1', '', host);
    expect(settings).toMatchObject({ filepath: join(HOME, '.aws/credentials') });
    expect(settings).not.toHaveProperty('maxAttempts');
  });
});
