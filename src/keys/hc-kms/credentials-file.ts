/** The credentials file of Huawei Cloud's SDKs, and where it is. */

import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { shownPath } from '../../util/text/content-as-path.js';

/** The user's home folder; empty when there is none. */
export function homeOf({ env, platform }: Host): string {
  return (platform === 'win32' ? env.USERPROFILE : env.HOME) ?? '';
}

/** Where the file is looked for; empty when nowhere. */
export function credentialsPath(host: Host): string {
  const home = homeOf(host);
  return host.env.HUAWEICLOUD_SDK_CREDENTIALS_FILE || (home && join(home, '.huaweicloud', 'credentials'));
}

/** The keys of its section `[basic]`; none when there is no file. Throws `key` for one that cannot be read. */
export async function readBasicSection(host: Host): Promise<ReadonlyMap<string, string>> {
  const path = credentialsPath(host);
  if (path === '') return new Map();
  try {
    return sectionOf((await readNamedFile(resolve(host.cwd, path), host)).toString('utf8'), 'basic');
  } catch (cause) {
    if (isAbsent(cause)) return new Map();
    throw new SopsError('key', `cannot read ${shownPath(path)}: ${systemReason(cause)}`, { cause });
  }
}

/** The entries of one section of an INI file; what is malformed is skipped. */
function sectionOf(text: string, wanted: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (header !== undefined) section = header.trim();
    const [, name, value = ''] = /^([\w.-]+)\s*[=:]\s*(.*)$/.exec(line.trim()) ?? [];
    if (section === wanted && name !== undefined) entries.set(name, unquoted(value));
  }
  return entries;
}

/** Without quotes; unquoted text ends where a comment begins. */
function unquoted(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text.replace(/(?:^|\s)[#;].*$/, '').trimEnd();
}
