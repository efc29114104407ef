/** Who can read a file: brought up to date with its rule, and given a new data key. */

import { rotateFile } from '../operations/recipients/rotate.js';
import type { FileChange } from '../operations/recipients/update-questions.js';
import { updateKeys as runUpdate } from '../operations/recipients/updatekeys.js';
import { inCall } from './call.js';
import { COMMON, checkedOptions, checkedPath, KINDS } from './options.js';
import { named } from './read.js';
import type { KeyChange, Options, Recipient } from './types.js';
import { textsByType } from './write.js';

/**
 * Gives a file the recipients that its creation rule has now, and returns what changed; nothing for one that is up to date. Whoever was
 * taken out is shut out by a new data key, unless `keepDataKey`. With `dryRun` nothing is written, and no key is needed.
 */
export async function updateKeys(
  path: string | URL,
  o?: Options & { keepDataKey?: boolean; dryRun?: boolean },
): Promise<KeyChange[]> {
  const options = checkedOptions('updateKeys', o, { ...COMMON, keepDataKey: KINDS.YES_NO, dryRun: KINDS.YES_NO });
  const file = checkedPath('updateKeys', path);
  return inCall(options, async ({ host, request }) => {
    const { keepDataKey = false, dryRun = false } = options;
    let changes: KeyChange[] = [];
    const talk = {
      asks: false,
      started: () => undefined,
      showChange: async (change: FileChange) => {
        changes = changesIn(change);
      },
      confirm: async () => true,
      finished: () => undefined,
      failed: () => undefined,
      warn: (message: string) => host.warn(message),
    };
    try {
      await runUpdate({ ...request, files: [file], check: dryRun, keepDataKey, ignoreMac: false, talk }, host);
    } catch (error) {
      throw named(error, file);
    }
    return changes;
  });
}

function changesIn({ groups, threshold }: FileChange): KeyChange[] {
  const recipients = groups.flatMap(({ added, removed }, group) => [
    ...added.map((recipient) => ({ change: 'added', recipient, group }) as const),
    ...removed.map((recipient) => ({ change: 'removed', recipient, group }) as const),
  ]);
  const { before, after } = threshold;
  return before === after ? recipients : [...recipients, { change: 'threshold', before, after }];
}

/** Gives a file a new data key, under which every value is encrypted anew, and takes recipients in or out. */
export async function rotate(
  path: string | URL,
  o?: Options & { add?: readonly Recipient[]; remove?: readonly Recipient[] },
): Promise<void> {
  const options = checkedOptions('rotate', o, { ...COMMON, add: KINDS.TEXTS, remove: KINDS.TEXTS });
  const file = checkedPath('rotate', path);
  const { add = [], remove = [] } = options;
  await inCall(options, async ({ host, request }) => {
    const addKeys = add.length > 0 ? textsByType(add) : new Map<string, string>();
    const removeKeys = remove.length > 0 ? textsByType(remove) : new Map<string, string>();
    const input = { kind: 'file', path: file } as const;
    const output = { kind: 'in-place' } as const;
    try {
      const { warnings } = await rotateFile({ ...request, input, output, addKeys, removeKeys, ignoreMac: false }, host);
      for (const warning of warnings) host.warn(warning);
    } catch (error) {
      throw named(error, file);
    }
  });
}
