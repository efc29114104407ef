/** Endpoints of AWS's services that the user's environment and profile name, in the order of the SDKs, and files that are read once. */
import { afterAll, describe, expect, test } from 'vitest';
import { type EndpointOf, endpointsFor } from '../../../src/services/aws/endpoints.js';
import { profileSettings, type ReadFiles, readingOnce } from '../../../src/services/aws/profiles.js';
import { settingsFor } from '../../../src/services/aws/settings.js';
import type { Host } from '../../../src/util/host/host.js';

import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';

const folder = new ProgramFolder();
afterAll(() => folder.remove());

async function endpointsOf(profile: string, files: ReadFiles, host: Host): Promise<EndpointOf> {
  return endpointsFor({ profile, settings: await profileSettings(profile, files), files }, host);
}

const CONFIG = `[default]
endpoint_url = http://default
[profile dev]
endpoint_url = http://dev
services = local
[profile only]
services=local
[profile lost]
services = elsewhere
endpoint_url = http://lost
[profile ignoring]
endpoint_url = http://ignored
ignore_configured_endpoint_urls = true
[profile wrong]
endpoint_url = localhost
[services local]
kms =
  # of the stack on this machine
  endpoint_url = http://kms.local
secrets_manager =
\tendpoint_url=http://secrets.local
`;

const files = (env: Record<string, string> = {}) => {
  folder.write('config', CONFIG);
  const host = {
    ...hostOf({ env: { AWS_CONFIG_FILE: 'config', AWS_SHARED_CREDENTIALS_FILE: 'none', ...env } }),
    cwd: folder.path,
  };
  return {
    host,
    read: readingOnce({ configFilepath: `${folder.path}/config`, filepath: `${folder.path}/none` }, host),
  };
};

describe('the endpoint of a service', () => {
  test.each<[string, string, Record<string, string>, string | undefined]>([
    ['dev', 'KMS', {}, 'http://kms.local'],
    ['dev', 'SECRETS_MANAGER', {}, 'http://secrets.local'],
    ['dev', 'STS', {}, 'http://dev'],
    ['only', 'KMS', {}, 'http://kms.local'],
    ['only', 'STS', {}, undefined],
    ['lost', 'KMS', {}, 'http://lost'],
    ['default', 'KMS', {}, 'http://default'],
    ['absent', 'KMS', {}, undefined],
    ['dev', 'KMS', { AWS_ENDPOINT_URL: 'http://all' }, 'http://all'],
    ['dev', 'KMS', { AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_KMS: 'http://own' }, 'http://own'],
    ['ignoring', 'KMS', { AWS_ENDPOINT_URL: 'http://all' }, undefined],
    ['ignoring', 'KMS', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }, 'http://ignored'],
    ['dev', 'KMS', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL_KMS: 'http://own' }, undefined],
  ])('in the profile %s for %s with %j', async (profile, service, env, endpoint) => {
    const { host, read } = files(env);
    expect((await endpointsOf(profile, read, host))(service)).toEqual(endpoint === undefined ? {} : { endpoint });
  });

  test('that is no URL is told with its place', async () => {
    const { host, read } = files();
    const endpointOf = await endpointsOf('wrong', read, host);
    expect(() => endpointOf('KMS')).toThrow('the endpoint_url of the AWS profile wrong is not a URL');
  });

  test('is that of the profile which a key names, also where the environment is the process’s', async () => {
    const { host } = files({ AWS_PROFILE: 'only' });
    const named = await settingsFor('eu-west-1', 'dev', host);
    expect([named.endpointOf('STS'), named.ignoreConfiguredEndpointUrls]).toEqual([{ endpoint: 'http://dev' }, true]);
  });
});

test('a file is read once, and anew for the next client', async () => {
  const { read } = files();
  expect(await read.textOf(read.configFilepath)).toBe(CONFIG);
  folder.write('config', '');
  expect(await read.textOf(read.configFilepath)).toBe(CONFIG);
});
