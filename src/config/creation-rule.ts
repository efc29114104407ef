/** Which creation rule is for a file (docs/configuration.md#which-rule). */
import { SopsError } from '../errors.js';
import type { Host, Session } from '../util/host/host.js';
import { isError } from '../util/realms.js';
import { compileRe2, type Re2 } from '../util/text/re2.js';
import type { CreationRule, Rules } from './model.js';
import { comparedPaths } from './path-forms.js';
import { warnOnce } from './warnings.js';

/** Settings of {@link creationRuleFor}. */
export interface RuleOptions {
  /** Whether the keys come from elsewhere, so that a missing rule does no harm; SOPS fails even then. */
  readonly keysGiven?: boolean;
}

/**
 * The first rule whose `path_regex` is found in the file's path, or null when there are no rules at all. `filePath` is relative to the
 * working directory or absolute, and need not exist. Warns of keys in the rule that are not known. That later rules match too is usual, and
 * only told by what explains rules ({@link overlapOf}). Throws `config` when there are rules and none is for the file (with `keysGiven` it
 * warns and returns null), when a pattern that is reached is malformed, and when the rule itself is wrong.
 */
export async function creationRuleFor(
  config: Rules | null,
  filePath: string,
  host: Session,
  { keysGiven = false }: RuleOptions = {},
): Promise<CreationRule | null> {
  const rules = config?.creationRules;
  if (!rules) return null;
  const paths = comparedPaths(config, filePath, host);
  const at = await firstMatch(rules, paths);
  const rule = rules[at];
  if (rule) {
    checkRule(rule, host);
    return rule;
  }
  if (keysGiven) {
    host.warn(`no creation rule of ${config.path} is for ${paths[0]}; only the keys given are used`);
    return null;
  }
  const hint = `The rules of ${config.path} were compared with the path ${JSON.stringify(paths[0])}; see: sops-ts why ${filePath}`;
  throw new SopsError('config', 'error loading config: no matching creation rules found', { file: filePath, hint });
}

/**
 * The first rule whose `path_regex` is found in the file's path; null for none, and for a rule without `path_regex`: it says how what is
 * encrypted is encrypted, and not that everything is to be. Throws `config` for a pattern that is reached and malformed.
 */
export async function ruleNaming(config: Rules, filePath: string, host: Host): Promise<CreationRule | null> {
  const rules = config.creationRules ?? [];
  const rule = rules[await firstMatch(rules, comparedPaths(config, filePath, host))];
  return rule === undefined || rule.pathRegex === '' ? null : rule;
}

/** What a rule says to a file: `used` for the first one that matches. */
export type Verdict =
  | 'used'
  | 'does not match'
  /** It would match, but one before it is used. */
  | 'matches too late'
  /** Its expression is malformed: an error where it is reached, and otherwise never a match. */
  | 'malformed';

export interface RuleExplanation {
  readonly rule: CreationRule;
  readonly verdict: Verdict;
}

/** What every rule says to a file, and the path that they were compared with. Throws nothing of its own. */
export async function explainRules(
  config: Rules,
  filePath: string,
  host: Host,
): Promise<{ path: string; rules: RuleExplanation[] }> {
  const paths = comparedPaths(config, filePath, host);
  const rules: RuleExplanation[] = [];
  let isDecided = false;
  for (const rule of config.creationRules ?? []) {
    const matches = await matchOf(rule, paths);
    if (matches === undefined) rules.push({ rule, verdict: 'malformed' });
    else if (!matches) rules.push({ rule, verdict: 'does not match' });
    else rules.push({ rule, verdict: isDecided ? 'matches too late' : 'used' });
    isDecided ||= matches !== false;
  }
  return { path: paths[0] ?? '', rules };
}

/** Whether a rule matches; undefined for a malformed expression. */
async function matchOf({ pathRegex }: CreationRule, paths: readonly string[]): Promise<boolean | undefined> {
  if (pathRegex === '') return true;
  const pattern = await compileRe2(pathRegex).catch(() => undefined);
  return pattern && paths.some((path) => pattern.test(path));
}

/** The index of the first rule for a path, -1 when there is none. Patterns after it are not compiled. */
async function firstMatch(rules: readonly CreationRule[], paths: readonly string[]): Promise<number> {
  for (const [at, rule] of rules.entries()) {
    if (rule.pathRegex === '') return at;
    const pattern = await compileRule(rule);
    if (paths.some((path) => pattern.test(path))) return at;
  }
  return -1;
}

/** The pattern of a rule. Throws `config` when it is malformed. */
export async function compileRule(rule: Pick<CreationRule, 'pathRegex' | 'name'>): Promise<Re2> {
  try {
    return await compileRe2(rule.pathRegex);
  } catch (cause) {
    const reason = isError(cause) ? cause.message : String(cause);
    throw new SopsError('config', `can not compile regexp: ${reason}`, { hint: `See ${rule.name}.`, cause });
  }
}

/** Refuses a creation rule that cannot mean what it says. Throws `config`. */
export function checkRule(rule: CreationRule, host: Session): void {
  checkRuleKeys(rule, host);
  if (rule.selection.size > 1) {
    throw new SopsError(
      'config',
      'error loading config: cannot use more than one of encrypted_suffix, unencrypted_suffix, encrypted_regex, unencrypted_regex, encrypted_comment_regex, or unencrypted_comment_regex for the same rule',
      { hint: `See ${rule.name}.` },
    );
  }
}

/** Warns of keys in a rule that are not known. Throws `config` for one that looks like a misspelt known one; called as `sops`, it warns. */
export function checkRuleKeys(rule: Pick<CreationRule, 'unknownKeys' | 'name'>, host: Session): void {
  for (const { key, suggestion, advice } of rule.unknownKeys) {
    const name = JSON.stringify(key);
    const told = advice === undefined ? '' : ` here: ${advice}`;
    const asked = suggestion === undefined ? told : `; did you mean ${JSON.stringify(suggestion)}?`;
    if (suggestion !== undefined && !host.calledAsSops) {
      throw new SopsError('config', `${rule.name}: unknown key ${name}${asked}`);
    }
    warnOnce(host, `${rule.name}: unknown key ${name} is ignored${asked}`);
  }
}

/**
 * Tells of the first rule after the one in use that matches too and would encrypt otherwise; undefined when there is none. One without
 * `path_regex` is meant to catch what the others leave, and a malformed pattern matches nothing. Throws nothing of its own.
 */
export async function overlapOf(config: Rules, filePath: string, host: Host): Promise<string | undefined> {
  const { path, rules } = await explainRules(config, filePath, host);
  const used = rules.find(({ verdict }) => verdict === 'used')?.rule;
  if (!used) return undefined;
  const effect = effectOf(used);
  const other = rules.find(({ rule, verdict }) => {
    return verdict === 'matches too late' && rule.pathRegex !== '' && effectOf(rule) !== effect;
  });
  if (!other) return undefined;
  return `${used.name} is used for ${path}; ${other.rule.name} matches it too and would encrypt it differently`;
}

/** What a rule does to a file, as a text for comparisons. */
export function effectOf({ name, pathRegex, unknownKeys, ...effect }: CreationRule): string {
  return JSON.stringify(effect, (_, value) => (value instanceof Map ? [...value] : value));
}
