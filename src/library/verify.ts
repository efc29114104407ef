/** Whether a file opens and is as it was sealed, without giving a value of it away. */

import { looksEncrypted } from '../cipher/encrypted-value.js';
import { formatNamed } from '../formats/registry.js';
import { leaves } from '../tree/leaves.js';
import { inCall } from './call.js';
import { checkedOptions, checkedPath, checkFormat, READING } from './options.js';
import { openInput } from './read.js';
import type { ReadOptions, Verification } from './types.js';

/** Opens a file, with the tags of all values and its MAC checked. Rejects with what is wrong. */
export async function verify(path: string | URL, o?: ReadOptions): Promise<Verification> {
  const options = checkedOptions('verify', o, READING);
  const file = checkedPath('verify', path);
  if (options.format !== undefined) checkFormat('verify', options.format, options);
  return inCall(options, async (call) => {
    const opened = await openInput({ kind: 'file', path: file }, options, call);
    for (const warning of opened.warnings) call.host.warn(warning);
    let encrypted = 0;
    let clear = 0;
    for (const { node } of leaves(opened.file.documents)) {
      const { value, source } = node;
      if (value === null || value === '') continue;
      if (typeof source?.value === 'string' && looksEncrypted(source.value)) encrypted += 1;
      else clear += 1;
    }
    return {
      format: formatNamed(opened.store.name).name,
      encrypted,
      clear,
      mac: options.ignoreMac ? 'ignored' : 'verified',
      lastModified: new Date(opened.metadata.lastModified),
    };
  });
}
