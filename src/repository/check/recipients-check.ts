/** Recipients, groups, threshold and options of an encrypted file next to those that its creation rule wants. */
import type { CreationRule } from '../../config/model.js';
import { withName } from '../../config/recipient-names.js';
import { formatNamed } from '../../formats/registry.js';

import { DEFAULT_SELECTION, type Metadata, type SelectionRule } from '../../metadata/metadata.js';
import { compareRecipients, type GroupChange, thresholdFor } from '../../operations/key-changes.js';
import { isReordered } from '../../operations/recipients/reselection.js';
import type { Discovery } from './check-finding.js';
import { type ExaminedFile, shellWord } from './examined-file.js';
import type { RuleBook } from './rule-book.js';

interface Compared {
  readonly file: ExaminedFile;
  readonly metadata: Metadata;
  readonly format: string;
  readonly book: RuleBook;
  readonly rule: CreationRule;
  /** Where the metadata stand. */
  readonly line: number | undefined;
}

/** Throws `config` and `key` for a rule that is wrong. */
export async function compareWithRule(compared: Compared): Promise<Discovery[]> {
  return [...(await compareKeys(compared)), ...(await compareOptions(compared))];
}

async function compareKeys({ file, metadata, book, rule, line }: Compared): Promise<Discovery[]> {
  const { keyGroups, shamirThreshold } = metadata;
  const wanted = await book.groupsOf(rule, keyGroups);
  const threshold = thresholdFor(rule.shamirThreshold, metadata, wanted.length);
  const change = await compareRecipients(
    { keyGroups, shamirThreshold },
    { keyGroups: wanted, shamirThreshold: threshold },
  );
  const next = `sops-ts updatekeys ${shellWord(file.shown)}`;
  const discoveries: Discovery[] = [];
  const differing = change.groups.flatMap((group, at) =>
    differenceOf(group, change.groups.length > 1 ? at : null, book),
  );
  if (differing.length > 0) {
    const message = `its recipients are not those of ${rule.name}: ${differing.join('; ')}`;
    discoveries.push({ rule: 'recipients-differ', line, message, next });
  } else if (await isReordered(keyGroups, wanted)) {
    const message = `its recipients are those of ${rule.name} in another order`;
    discoveries.push({ rule: 'recipients-reordered', line, message, next: reselecting(file) });
  }
  if (change.threshold.before !== change.threshold.after && keyGroups.length === wanted.length) {
    const message = `its Shamir threshold is ${change.threshold.before}, and ${rule.name} asks for ${change.threshold.after}`;
    discoveries.push({ rule: 'threshold-differs', line, message, next });
  }
  return discoveries;
}

function differenceOf({ added, removed }: GroupChange, at: number | null, { nameOf }: RuleBook): string[] {
  const shown = (keys: readonly string[]): string => keys.map((key) => withName(key, nameOf)).join(', ');
  const parts = [
    ...(removed.length > 0 ? [`it can be read by ${shown(removed)}, whom the rule does not name`] : []),
    ...(added.length > 0 ? [`it lacks ${shown(added)}`] : []),
  ];
  if (parts.length === 0) return [];
  return [at === null ? parts.join(', and ') : `group ${at + 1}: ${parts.join(', and ')}`];
}

async function compareOptions({ file, metadata, format, book, rule, line }: Compared): Promise<Discovery[]> {
  if (formatNamed(format).whole) return [];
  const { selection, macOnlyEncrypted } = await book.optionsOf(rule);
  const discoveries: Discovery[] = [];
  const next = reselecting(file);
  const own = metadata.selection ?? DEFAULT_SELECTION;
  const wanted = selection ?? DEFAULT_SELECTION;
  if (own.option !== wanted.option || own.text !== wanted.text) {
    const message = `it is encrypted by ${shownSelection(own)}, and ${rule.name} says ${shownSelection(wanted)}`;
    discoveries.push({ rule: 'selection-differs', line, message, next });
  }
  if (metadata.macOnlyEncrypted !== macOnlyEncrypted) {
    const message = `its mac_only_encrypted is ${metadata.macOnlyEncrypted}, and ${rule.name} says ${macOnlyEncrypted}`;
    discoveries.push({ rule: 'mac-only-encrypted-differs', line, message, next });
  }
  return discoveries;
}

function reselecting(file: ExaminedFile): string {
  return `sops-ts updatekeys --selection ${shellWord(file.shown)}`;
}

function shownSelection({ option, text }: SelectionRule): string {
  return `${option} ${JSON.stringify(text)}`;
}
