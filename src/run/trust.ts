/** What a configuration names, told to the providers: the user's credentials go there only if the user trusts it (docs/security.md#whom-credentials-go-to). */

import { loadConfig } from '../config/config.js';
import type { Config, ConfigFile, CreationRule, GroupRule, ReferenceGrant, Rules } from '../config/model.js';
import { warnOnce } from '../config/warnings.js';
import { keyTypeRow } from '../keys/registry.js';
import { checkTarget, type NamedKey, NO_CREDENTIALS, noteKeys, type Witness } from '../keys/trust.js';
import { REMOTES } from '../remotes/registry.js';
import type { Receiver, RemoteSettings } from '../remotes/remote.js';
import type { Session } from '../util/host/host.js';
import { append } from '../util/lists.js';

/** Under which receivers of `publish` are noted, as keys are under their type. */
const PLACES = 'publish';

/**
 * Lets the keys of all rules of a configuration count as named by it, which is as much as the user trusts it: whether that is so is
 * found out once something needs it. Nothing is contacted.
 */
export function trustConfig(config: Config | null, host: Session): void {
  if (config === null) return;
  const trusted = host.once(TRUSTED, () => new WeakSet<Config>());
  if (trusted.has(config)) return;
  trusted.add(config);
  const witness = witnessOf(config, host);
  for (const [type, key] of keysIn(config)) noteKeys(host, type, [key], witness);
  for (const { settings } of config.destinationRules)
    noteKeys(
      host,
      PLACES,
      receiversIn(settings).map(({ text }) => text),
      witness,
    );
}

/** The configurations whose keys count already: of many files the user is asked once. */
const TRUSTED = Symbol('configurations that were trusted');

function witnessOf(config: Config, host: Session): Witness {
  let answer: Promise<boolean> | undefined;
  return {
    path: config.path,
    vouches(called, signal) {
      answer ??= isTrustworthy(config, called, host, signal);
      return answer;
    },
  };
}

/** Whether the user has trusted a configuration, says so now, or wants what SOPS does. `called` begins a sentence about what it names. */
export async function isTrustworthy(
  config: Config,
  called: string,
  host: Session,
  signal?: AbortSignal,
): Promise<boolean> {
  if (config.isOwn) return true;
  const { isTrusted, recordTrust } = await import('../config/trust-record.js');
  if (isTrusted(config.file, host)) return true;
  // SOPS does not see a configuration that is beside the file alone.
  if (host.calledAsSops && !config.isBeside) {
    warnOnce(
      host,
      `${called} is named only by ${config.path}, which you have not trusted; sops uses your credentials with it all the same (sops-ts trust)`,
    );
    return true;
  }
  const isWanted = await host.confirm?.(await questionAbout(config), signal);
  if (isWanted) await recordTrust(config.file, host);
  return isWanted ?? false;
}

async function questionAbout(config: Config): Promise<string> {
  const claims = await claimsOf(config);
  const lines = [
    `${config.file.absolute} is not trusted as it is now. It names:`,
    ...claims.map((claim) => `  ${claim}`),
  ];
  return [...lines, 'Trust it, so that your credentials are used and programs started as it says?'].join('\n');
}

/** A configuration as it is shown to the user, who is to decide on it. */
export interface ShownConfig {
  readonly file: ConfigFile;
  /** In words: where it would have credentials sent, and which programs it would have started. */
  readonly claims: readonly string[];
  /** The schemes whose references it allows more than usual. */
  readonly schemes: readonly string[];
}

/** Reads a configuration to show it, not to use it, so it does not matter who can write to it. Null when there is none; throws `config`. */
export async function showConfig(path: string, host: Session): Promise<ShownConfig | null> {
  const config = await loadConfig({ configPath: path, evenUnsafe: true, host });
  if (!config) return null;
  const schemes = config.referenceGrants.map(({ scheme }) => scheme);
  return { file: config.file, claims: await claimsOf(config), schemes };
}

/** What the rules of a configuration have credentials go to, or start, in words. */
export async function claimsOf(config: Rules): Promise<string[]> {
  const claims: string[] = [];
  for (const [type, key] of keysIn(config))
    append(claims, (await (await keyTypeRow(type)?.load?.())?.claims?.(key)) ?? []);
  for (const { settings } of config.destinationRules) append(claims, receiversIn(settings).map(calledPlace));
  append(claims, config.referenceGrants.map(calledGrant));
  return [...new Set(claims)];
}

/**
 * Refuses to publish to a receiver that only an untrusted configuration names: the user's token may go there, and the values do. Throws
 * `key`.
 */
export async function checkPlace(settings: RemoteSettings, host: Session): Promise<void> {
  for (const named of receiversIn(settings)) {
    const { receiver, text } = named;
    await checkTarget(
      {
        type: PLACES,
        called: calledPlace(named),
        variable: receiver.variable,
        entry: text,
        covers: (entry) => receiver.isSame(text, entry),
        isChosen: () => receiver.chosen(host.env).some((one) => receiver.isSame(text, one)),
        isNamedBy: (key) => key === text,
        refusal: NO_CREDENTIALS,
        advice: receiver.advice,
        listOnlyAdds: true,
      },
      host,
    );
  }
}

/** What a configuration allows references in files, in words. */
export function calledGrant({ scheme, rest }: ReferenceGrant): string {
  return `ref+${scheme}://${rest ?? '…'} in files beyond what is always allowed`;
}

interface NamedReceiver {
  readonly receiver: Receiver;
  readonly text: string;
}

function calledPlace({ receiver, text }: NamedReceiver): string {
  return `${receiver.called} ${text} to publish to`;
}

function receiversIn(settings: RemoteSettings): NamedReceiver[] {
  const found: NamedReceiver[] = [];
  for (const receiver of new Map(
    REMOTES.flatMap(({ receivers = [] }) => receivers.map((one) => [one.field, one] as const)),
  ).values()) {
    const text = settings.get(receiver.field);
    if (text !== undefined) found.push({ receiver, text });
  }
  return found;
}

/** The keys of all rules with their types, those for publishing included. */
function keysIn({ creationRules, destinationRules }: Rules): (readonly [string, NamedKey])[] {
  const publishing = destinationRules.map((rule) => rule.recreationRule);
  return [...(creationRules ?? []), ...publishing].flatMap(keysOfRule);
}

/** The keys of a rule with their types. */
export function keysOfRule(rule: CreationRule): (readonly [string, NamedKey])[] {
  const texts = [...rule.keys].flatMap(([type, keys]) =>
    'texts' in keys ? keys.texts.map((text) => [type, text] as const) : [],
  );
  return [...texts, ...rule.keyGroups.flatMap(keysOfGroup)];
}

function keysOfGroup({ keys, merge }: GroupRule): (readonly [string, NamedKey])[] {
  const own = [...keys].flatMap(([type, entries]) => entries.map((entry) => [type, entry] as const));
  return [...own, ...merge.flatMap(keysOfGroup)];
}
