/** Recipients that stand in a file and nowhere in `.sops.yaml`: whoever may write the file may have put them there. */
import type { Config } from '../config/model.js';
import { namesRecipient } from '../config/recipient.js';
import { namesOf, withName } from '../config/recipient-names.js';
import { warnOnce } from '../config/warnings.js';
import { SopsError } from '../errors.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { type NamedKey, namedKeys } from '../keys/trust.js';
import { keyStringOf } from '../keyservice/keyservice.js';
import type { Session } from '../util/host/host.js';

export interface Wrapping {
  /** That of the run. */
  readonly config: Config | null;
  /** Whether to go on for recipients that no rule names. */
  readonly keepUnlisted?: boolean | undefined;
  /** The file, as the user named it; undefined for several. */
  readonly file: string | undefined;
  readonly host: Session;
}

/**
 * Looks at the recipients that a file has and is about to wrap a data key for anew. The list is not covered by the MAC, so an entry
 * that was pasted in would get all that is encrypted from then on. Throws `unlisted-recipients` for those that no rule of the
 * configuration names; called as `sops`, that is a warning. Where there are no rules the recipients are told.
 * To be called before anything is written.
 */
export async function checkListed(groups: readonly KeyGroup[], wrapping: Wrapping): Promise<void> {
  const { config, keepUnlisted, host } = wrapping;
  const nameOf = await namesOf(config, host);
  const shown = (keyString: string): string => withName(keyString, nameOf);
  if (!config?.creationRules?.length) {
    const all = new Set(await Promise.all(groups.flat().map(keyStringOf)));
    const names = [...all].map(shown).join(', ');
    warnOnce(host, `no .sops.yaml says who is to read this; whoever the file names gets the data key: ${names}`);
    return;
  }
  const unlisted = await unlistedIn(groups, host);
  if (unlisted.length === 0 || keepUnlisted) return;
  const names = unlisted.map(shown).join(', ');
  if (host.calledAsSops) {
    host.warn(
      `${names}: named by no rule of ${config.path}, but can read the new version, too; if you do not know why, take it out (updatekeys, or rotate --rm-…) and rotate again`,
    );
    return;
  }
  const { file } = wrapping;
  throw new SopsError('unlisted-recipients', `no rule of ${config.path} names ${names}`, {
    ...(file === undefined ? {} : { file }),
    hint: 'Anybody who can write the file can add a recipient. Take it out (updatekeys, rotate --rm-…), add it to a rule, or go on with --keep-unlisted.',
  });
}

/** The key strings of the keys that no rule names. */
async function unlistedIn(groups: readonly KeyGroup[], host: Session): Promise<string[]> {
  const unlisted = new Set<string>();
  for (const key of groups.flat()) {
    const keyString = await keyStringOf(key);
    if (!namedKeys(host, key.type).some((named) => names(named, keyString, key))) unlisted.add(keyString);
  }
  return [...unlisted];
}

function names(named: NamedKey, keyString: string, key: MasterKey): boolean {
  if (typeof named === 'string') return named.split(',').some((one) => isSame(one, keyString));
  const { vault_url: vault, name } = Object.fromEntries(named);
  if (typeof vault === 'string') return isSame(`${vault}/keys/${name}`, keyString);
  return [...named.values()].some((value) => typeof value === 'string' && [...key.fields.values()].includes(value));
}

function isSame(one: string, other: string): boolean {
  return namesRecipient(one, other) || namesRecipient(other, one);
}
