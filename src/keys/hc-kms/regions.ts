/** Where the services of a Huawei Cloud region are (docs/keys/hc-kms.md#calls). A key's name chooses among these only. */

import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { homeOf } from './credentials-file.js';
import { readRegions } from './regions-file.js';

/** The regions with a KMS, as of release 0.1.202 of the vendor's SDK for Go. */
const REGIONS = (
  'ae-ad-1 af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ' +
  'cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-north-1 cn-north-11 cn-north-12 cn-north-2 cn-north-4 cn-north-9 ' +
  'cn-south-1 cn-south-2 cn-south-4 cn-southwest-2 cn-southwest-3 eu-west-101 la-north-2 la-south-2 me-east-1 ' +
  'my-kualalumpur-1 na-mexico-1 ru-moscow-1 sa-brazil-1 tr-west-1'
).split(' ');

/** Those of them whose identity service answers under the general name only. */
const GENERAL_IAM = new Set(['af-north-1', 'ap-southeast-5', 'cn-south-4', 'cn-southwest-3', 'eu-west-101']);

/**
 * The URL of a region's KMS: from `HUAWEICLOUD_SDK_REGION_KMS_<REGION>`, else the regions file, else the fixed list. Throws
 * `key` for a region that is nowhere, and for a file that cannot be read.
 */
export async function kmsEndpoint(region: string, host: Host): Promise<URL> {
  const variable = `HUAWEICLOUD_SDK_REGION_KMS_${region.toUpperCase().replaceAll('-', '_')}`;
  const [configured = ''] = (host.env[variable] ?? '').split(',');
  if (configured !== '') return endpointUrl(configured, variable);
  const listed = await endpointInFile(region, host);
  if (listed) return listed;
  if (REGIONS.includes(region)) {
    return new URL(`https://kms.${region}.myhuaweicloud.${region === 'eu-west-101' ? 'eu' : 'com'}`);
  }
  const known = REGIONS.join(', ');
  throw new SopsError(
    'key',
    `invalid region "${region}": region id '${region}' is not in the following supported regions of service 'KMS': [${known}]`,
    { hint: `Check the key's region, or give its endpoint in ${variable}.` },
  );
}

/** The URL of the identity service: configured for all regions, else that of a region, else the general one. */
export function iamEndpoint(host: Host, region = ''): URL {
  const configured = host.env.HUAWEICLOUD_SDK_IAM_ENDPOINT;
  if (configured) {
    const url = /^https?:\/\//.test(configured) ? configured : `https://${configured}`;
    return endpointUrl(url, 'HUAWEICLOUD_SDK_IAM_ENDPOINT');
  }
  const own = REGIONS.includes(region) && !GENERAL_IAM.has(region);
  return new URL(own ? `https://iam.${region}.myhuaweicloud.com` : 'https://iam.myhuaweicloud.com');
}

async function endpointInFile(region: string, host: Host): Promise<URL | undefined> {
  const named = host.env.HUAWEICLOUD_SDK_REGIONS_FILE;
  const home = homeOf(host);
  if (!named && !home) return undefined;
  const path = named || join(home, '.huaweicloud', 'regions.yaml');
  const text = await readNamedFile(resolve(host.cwd, path), host).catch((cause: unknown) => {
    if (isAbsent(cause)) return undefined;
    throw new SopsError('key', `cannot read the regions file ${path}: ${systemReason(cause)}`, { cause });
  });
  const endpoint = text === undefined ? undefined : readRegions(text.toString('utf8'), path).get(region);
  return endpoint === undefined ? undefined : endpointUrl(endpoint, path);
}

/** Checks a configured endpoint; `source` says where it stands. */
export function endpointUrl(text: string, source: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new SopsError('key', `the endpoint in ${source} is not a URL`);
}
