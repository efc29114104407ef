/** What there is for using Huawei Cloud KMS, in the order of use. Nothing is contacted. */
import type { Host } from '../../util/host/host.js';
import { absent, also, faulty, found, type KeyFinding, variablesFinding } from '../finding.js';
import { credentialsPath, readBasicSection } from './credentials-file.js';

export async function examineHcKms(host: Host): Promise<KeyFinding[]> {
  const { env } = host;
  const project = env.HUAWEICLOUD_SDK_PROJECT_ID;
  return [
    variablesFinding(['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK'], host),
    variablesFinding(['HUAWEICLOUD_SDK_IDP_ID', 'HUAWEICLOUD_SDK_ID_TOKEN_FILE'], host),
    await credentialsFile(host),
    project
      ? also('HUAWEICLOUD_SDK_PROJECT_ID', { detail: 'set' })
      : absent('HUAWEICLOUD_SDK_PROJECT_ID', { detail: 'looked up when a key is used' }),
  ];
}

async function credentialsFile(host: Host): Promise<KeyFinding> {
  const path = credentialsPath(host) || '~/.huaweicloud/credentials';
  try {
    const section = await readBasicSection(host);
    const has = (...names: string[]): boolean => names.every((name) => section.get(name));
    if (section.size === 0) return absent(path);
    if (has('ak', 'sk') || has('idp_id', 'id_token_file')) return found(path, { detail: 'section [basic]' });
    return { state: 'faulty', what: path, detail: 'section [basic] lacks ak and sk' };
  } catch (error) {
    return faulty(path, error);
  }
}
