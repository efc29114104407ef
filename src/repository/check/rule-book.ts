/** The creation rules that a check goes by: which is for a path, and what it wants; compiled and worked out once. */
import { sep } from 'node:path';
import { checkRule, compileRule } from '../../config/creation-rule.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import type { CreationRule, Rules } from '../../config/model.js';
import { comparedPaths, hasOneForm } from '../../config/path-forms.js';
import type { NameOf } from '../../config/recipient-names.js';
import { type FileOptions, fileOptionsFor } from '../../config/selection.js';
import type { KeyGroup } from '../../keys/provider.js';
import { scopeOf } from '../../metadata/scope-of.js';
import type { EncryptionScope } from '../../tree/scope.js';
import type { Session } from '../../util/host/host.js';
import { withoutLookups } from './rule-keys.js';

/** A creation rule as it is for some files. */
export interface CoveringRule {
  readonly rule: CreationRule;
  /**
   * Whether it is for every file there is: such a rule says how files are encrypted and not which, so that a plain file under it is
   * no finding.
   */
  readonly isForAll: boolean;
}

interface CompiledRule extends CoveringRule {
  test(path: string): boolean;
}

/** Names that have nothing in common: an expression that matches all of them is there to match whatever there is. */
const UNRELATED = ['README.md', '.gitignore', 'LICENSE', 'src/main.c', 'a'];

/** The rules of one configuration. */
export class RuleBook {
  private readonly options = new Map<CreationRule, Promise<WantedOptions>>();
  private readonly groups = new Map<CreationRule, Promise<readonly KeyGroup[]>>();

  private constructor(
    readonly config: Rules,
    readonly nameOf: NameOf,
    private readonly rules: readonly CompiledRule[],
    private readonly host: Session,
  ) {}

  /** Throws `config` for a malformed expression. */
  static async open(config: Rules, nameOf: NameOf, host: Session): Promise<RuleBook> {
    const rules: CompiledRule[] = [];
    for (const rule of config.creationRules ?? []) {
      const pattern = rule.pathRegex === '' ? { test: () => true } : await compileRule(rule);
      const isForAll = UNRELATED.every((name) => pattern.test(name));
      rules.push({ rule, isForAll, test: (path) => pattern.test(path) });
    }
    return new RuleBook(config, nameOf, rules, host);
  }

  /** Whether the configuration has creation rules at all. */
  get hasRules(): boolean {
    return this.config.creationRules !== null;
  }

  /** The rule for a file, as SOPS chooses it; null for none. `absolute` is where it stands, or would. */
  ruleFor(absolute: string): CoveringRule | null {
    if (this.rules.length === 0) return null;
    const inside = this.config.folder + sep;
    // What comparing would come to, without taking the path apart.
    const paths =
      hasOneForm(this.host.platform) && absolute.startsWith(inside)
        ? [absolute.slice(inside.length)]
        : comparedPaths(this.config, absolute, this.host);
    return this.rules.find((rule) => paths.some((path) => rule.test(path))) ?? null;
  }

  /** What a rule has encrypted of a file that has keys. Rejects with `config` where it contradicts itself. */
  optionsOf(rule: CreationRule): Promise<WantedOptions> {
    return kept(this.options, rule, async () => {
      checkRule(rule, this.host);
      const options = fileOptionsFor({ rule });
      return { ...options, scope: await scopeOf(options.selection, 'encrypt') };
    });
  }

  /**
   * The groups of keys that a rule wants, as compared with those of a file. No service is asked: where a rule leaves open what its
   * service would tell, the file's answer counts. Rejects with `config` and `key` for a rule that is wrong.
   */
  async groupsOf(rule: CreationRule, present: readonly KeyGroup[]): Promise<readonly KeyGroup[]> {
    const settled = await withoutLookups(rule, present);
    if (settled !== rule) return keyGroupsFor({ rule: settled, host: this.host });
    return kept(this.groups, rule, () => keyGroupsFor({ rule, host: this.host }));
  }
}

/** The options of a rule, ready to walk with. */
export interface WantedOptions extends FileOptions {
  readonly scope: EncryptionScope;
}

function kept<Key, Value>(memory: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const known = memory.get(key) ?? make();
  memory.set(key, known);
  return known;
}
