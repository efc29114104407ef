/** Which of the six selection options is in force for a new file (docs/configuration.md#keys-and-options-on-the-command-line). */
import { SopsError } from '../errors.js';
import { DEFAULT_SELECTION, SELECTION_OPTIONS, type SelectionRule } from '../metadata/metadata.js';
import type { Host } from '../util/host/host.js';
import type { CreationRule, SelectionOptions } from './model.js';

/** What decides whether and how the values of a new file are encrypted. */
export interface FileOptions {
  /** Null for a binary file, whose one value is always encrypted. */
  readonly selection: SelectionRule | null;
  readonly macOnlyEncrypted: boolean;
}

export interface OptionSources {
  /** The rule of the file, or null when there is none. */
  readonly rule: CreationRule | null;
  /** The options given by flags; an empty text counts as absent. */
  readonly flags?: SelectionOptions | undefined;
  /** Whether the flag was given. No flag switches off what a rule switches on. */
  readonly macOnlyEncrypted?: boolean | undefined;
}

/**
 * The options of a new file: for each the flag's, else the rule's, and SOPS's default if none is set. Throws `conflict` when
 * that leaves more than one.
 */
export function fileOptionsFor(sources: OptionSources): FileOptions {
  const [selection = DEFAULT_SELECTION, ...others] = mergedOptions(sources);
  if (others.length > 0) {
    throw new SopsError(
      'conflict',
      'cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex in the same file',
      { hint: conflictHint(sources, [selection, ...others]) },
    );
  }
  const macOnlyEncrypted = sources.macOnlyEncrypted || sources.rule?.macOnlyEncrypted || false;
  return { selection, macOnlyEncrypted };
}

/** The options of a binary file: none. Warns of those that are set, also of several; SOPS says nothing of two of them. */
export function binaryOptions(sources: OptionSources, host: Host): FileOptions {
  for (const { option } of mergedOptions(sources)) {
    const reason = option.includes('comment')
      ? 'the binary store never produces comments'
      : 'the binary store produces one key that should always be encrypted';
    const name = option.replaceAll('_', ' ');
    host.warn(`Using an ${name} does not make sense with the input store (${reason}) and will be ignored.`);
  }
  return { selection: null, macOnlyEncrypted: false };
}

function mergedOptions({ rule, flags }: OptionSources): SelectionRule[] {
  return SELECTION_OPTIONS.flatMap((option) => {
    const text = flags?.get(option) || rule?.selection.get(option) || '';
    return text === '' ? [] : [{ option, text }];
  });
}

/** Says where the options come from that exclude each other. */
function conflictHint({ rule, flags }: OptionSources, options: readonly SelectionRule[]): string {
  const origins = options.map(({ option }) => `${option} by ${flags?.get(option) ? 'flag' : (rule?.name ?? 'flag')}`);
  return `Set are ${origins.join(', ')}.`;
}
