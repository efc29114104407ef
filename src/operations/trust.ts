/** What the nearest `.sops.yaml` names, told to the providers: only that may get the user's credentials (design.md section 1.5). */
import type { Config, CreationRule, GroupRule } from '../config/model.js';
import { trustKeys } from '../keys/trust.js';
import type { Host } from '../util/host.js';

/** Lets the keys of all rules of a configuration count as named by the user of this run. Nothing is contacted. */
export function trustConfig(config: Config | null, host: Host): void {
  const publishing = config?.destinationRules.map((rule) => rule.recreationRule) ?? [];
  for (const rule of [...(config?.creationRules ?? []), ...publishing]) trustRule(rule, host);
}

function trustRule(rule: CreationRule, host: Host): void {
  for (const [type, keys] of rule.keys) if ('texts' in keys) trustKeys(host, type, keys.texts);
  for (const group of rule.keyGroups) trustGroup(group, host);
}

function trustGroup(group: GroupRule, host: Host): void {
  for (const [type, keys] of group.keys) trustKeys(host, type, keys);
  for (const merged of group.merge) trustGroup(merged, host);
}
