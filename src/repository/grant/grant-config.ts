/** Writing the configuration of a grant: as planned, or what the same change makes of what somebody else has written since. */

import { carryingTrust } from '../../config/carried-trust.js';
import { configOfBytes } from '../../config/read.js';
import { readTreeAt } from '../../config/tree-as-read.js';
import { utf16Of } from '../../formats/utf16.js';
import { Irreconcilable, redoing } from '../../operations/retry-on-change.js';
import { replaceFile } from '../../util/files/replace-file.js';
import type { Session } from '../../util/host/host.js';
import { encodeText } from '../../util/text/text.js';
import { type GrantPlan, newText } from './grant-plan.js';

/** Throws `changed-meanwhile` when the rules are not any more those that were looked at. */
export async function writeConfig(plan: GrantPlan, host: Session): Promise<void> {
  const { config, change } = plan;
  const path = config.file.absolute;
  const warn = (message: string): void => host.warn(message);
  await redoing(async (number) => {
    const { text, read } = number === 1 ? change : await changeNow(plan);
    if (text === null) return;
    const bytes = utf16Of(read)?.encode(text) ?? encodeText(text);
    const changed = { absolute: path, path: config.path, read, bytes };
    await carryingTrust(changed, host, async () => void (await replaceFile(path, bytes, { read, warn })));
  });
}

async function changeNow({ config, who, name, rules }: GrantPlan): Promise<GrantPlan['change']> {
  const { bytes: read, tree } = await readTreeAt(config.file.absolute, config.path);
  const now = configOfBytes(read, { absolute: config.file.absolute, path: config.path });
  if (rules.some(({ at, rule }) => now.creationRules?.[at]?.pathRegex !== rule.pathRegex))
    throw new Irreconcilable(config.path);
  return { text: await newText(tree, { config: now, who, name, rules }), read };
}
