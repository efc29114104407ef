/** Where `publish` puts a file (docs/configuration.md#destination-rules). */
import { posix, win32 } from 'node:path';
import { SopsError } from '../errors.js';
import { REMOTES } from '../remotes/registry.js';
import type { RemoteRow } from '../remotes/remote.js';
import type { Host, Session } from '../util/host/host.js';
import { checkRule, checkRuleKeys, compileRule } from './creation-rule.js';
import type { DestinationRule, Rules } from './model.js';
import { pathForms } from './path-forms.js';
import { warnOnce } from './warnings.js';

/** A rule, and the kind of place that it chooses. */
export interface MatchedDestination {
  readonly rule: DestinationRule;
  readonly remote: RemoteRow;
}

/**
 * The first rule whose `path_regex` is found in a path, which is compared as it was typed, as in SOPS; if no rule is for it so, the
 * path is compared without detours (`./a//b` as `a/b`). Warns of unknown keys in the rule. Throws `config`: no rule, a malformed pattern,
 * a misspelt key, no place or several in the rule.
 */
export async function destinationFor(config: Rules, path: string, host: Session): Promise<MatchedDestination> {
  const { typed, cleaned } = textsOf(path, host);
  const rules = config.destinationRules;
  const byTyped = await firstMatch(rules, typed);
  const byCleaned = await firstMatch(rules, cleaned);
  const rule = byTyped ?? byCleaned;
  if (!rule) {
    throw new SopsError('config', 'error loading config: no matching destination found in config', {
      file: path,
      hint: `The destination_rules of ${config.path} were compared with the path as it was typed.`,
    });
  }
  if (byCleaned && byCleaned !== rule) {
    warnOnce(host, `${rule.name} is used for ${path} as it is typed; for ${cleaned[0]} it would be ${byCleaned.name}`);
  }
  checkRuleKeys(rule, host);
  checkRule(rule.recreationRule, host);
  const remote = remoteOf(rule, path);
  checkFields(rule, remote, host);
  return { rule, remote };
}

/** A layout that is not heeded would put values elsewhere than they are looked for. */
function checkFields({ settings, name }: DestinationRule, { field, options, title }: RemoteRow, host: Session): void {
  const known = [field, ...options.map((option) => option.name)];
  const foreign = [...settings.keys()].filter((key) => !known.includes(key));
  if (foreign.length > 0) warnOnce(host, `${name}: ${foreign.join(', ')} says nothing about ${title}`);
}

function textsOf(path: string, host: Host): Record<'typed' | 'cleaned', readonly string[]> {
  const { normalize } = host.platform === 'win32' ? win32 : posix;
  return { typed: pathForms(path, host), cleaned: pathForms(normalize(path), host) };
}

async function firstMatch(
  rules: readonly DestinationRule[],
  forms: readonly string[],
): Promise<DestinationRule | undefined> {
  for (const rule of rules) {
    if (rule.pathRegex === '') return rule;
    const pattern = await compileRule(rule);
    if (forms.some((form) => pattern.test(form))) return rule;
  }
  return undefined;
}

function remoteOf({ settings, name }: DestinationRule, path: string): RemoteRow {
  const [remote, ...others] = REMOTES.filter((row) => settings.has(row.field));
  if (others.length > 0) {
    const message =
      'error loading config: more than one destinations were found in a single destination rule, you can only use one per rule';
    throw new SopsError('config', message, { hint: `See ${name}.` });
  }
  if (remote) return remote;
  throw new SopsError('config', 'no destination configured for this file', {
    file: path,
    hint: `${name} needs one of ${REMOTES.map((row) => row.field).join(', ')}.`,
  });
}
