/**
 * Reads the regions file of Huawei Cloud's SDKs. It is YAML, of which its documentation shows one shape:
 *
 *     KMS:
 *       - id: my-region
 *         endpoint: https://kms.example   # or endpoints: with a list
 */
import { SopsError } from '../../errors.js';

const LINE = /^( *)(- +)?(?:([A-Za-z_][\w-]*) *:(?: +(.+))?|(.+))$/;

/** The first KMS endpoint of each region. Throws `key` for YAML of another shape, which must not be ignored. */
export function readRegions(text: string, path: string): ReadonlyMap<string, string> {
  const endpoints = new Map<string, string>();
  let service = '';
  let entry = { id: '', endpoint: '' };
  let list = false;
  const keep = (): void => {
    const { id, endpoint } = entry;
    if (service.toUpperCase() === 'KMS' && id !== '' && endpoint !== '') endpoints.set(id, endpoint);
    entry = { id: '', endpoint: '' };
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|---\s*$|$)/.test(line)) continue;
    const [, indent = '', dash, name, value, item] = LINE.exec(line) ?? [];
    const scalar = scalarOf(value ?? item ?? '');
    if (scalar === undefined) throw unreadable(path, index);
    if (name !== undefined && indent === '' && !dash) {
      keep();
      if (scalar !== '') throw unreadable(path, index);
      service = name;
    } else if (name === undefined && dash && list) {
      entry.endpoint ||= scalar;
    } else if (name !== undefined && service !== '') {
      if (dash) keep();
      list = name === 'endpoints' && scalar === '';
      if (name === 'id') entry.id = scalar;
      if (name === 'endpoint') entry.endpoint = scalar;
    } else {
      throw unreadable(path, index);
    }
  }
  keep();
  return endpoints;
}

/** A plain or quoted scalar without its comment; undefined for flow collections, anchors, tags and block scalars. */
function scalarOf(text: string): string | undefined {
  const quoted = /^(["'])([^"'\\]*)\1 *(?:\s#.*)?$/.exec(text)?.[2];
  if (quoted !== undefined) return quoted;
  const plain = text.replace(/(?:^|\s)#.*$/, '').trim();
  return /^[[\]{}&*!|>'"%@`]/.test(plain) ? undefined : plain;
}

function unreadable(path: string, index: number): SopsError {
  return new SopsError('key', `failed to resolve file: '${path}': line ${index + 1} is not understood`, {
    hint: 'Write a list of id and endpoint below KMS:, or set HUAWEICLOUD_SDK_REGION_KMS_<REGION> instead.',
  });
}
