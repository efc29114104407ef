/** `emit vault-policy`: the least policy with which a role reads what files name (docs/kubernetes/access.md#vault). */
import { isSameServer } from '../../services/vault/address.js';
import type { Session } from '../../util/host/host.js';
import { compareBytes } from '../../util/text/byte-order.js';
import { usage } from '../stores/settings.js';
import { type NamesRequest, nothingNamed, readSources } from './sources.js';
import { type Capability, type KvVersion, VaultMounts } from './vault-mounts.js';
import { type VaultUse, vaultUses } from './vault-uses.js';

export interface VaultPolicyRequest extends NamesRequest {
  /** PATH or PATH=ENGINE. */
  readonly mounts: readonly string[];
  readonly kvVersion: string | undefined;
  /** Of several servers or namespaces, the one that the policy is for; `root` is the namespace that has no name. */
  readonly server: string | undefined;
  readonly namespace: string | undefined;
}

const ORDER: readonly Capability[] = ['read', 'list', 'update'];
const MOST_READERS = 3;

/** The policy in HCL. Throws SopsError. */
export async function printVaultPolicy(request: VaultPolicyRequest, host: Session): Promise<string> {
  const version = versionOf(request.kvVersion);
  const sources = await readSources(request, host);
  const uses = ofOnePlace(vaultUses(sources, new VaultMounts(request.mounts, version)), request);
  if (uses.length === 0) {
    throw nothingNamed(
      'path of Vault',
      request.inputs,
      'ExternalSecrets go with their store, classes of the CSI driver and ref+vault:// by themselves.',
    );
  }
  return [...merged(uses)].map(([path, rule]) => stanza(path, rule)).join('\n');
}

function versionOf(text = '2'): KvVersion {
  if (text === '1' || text === '2') return text;
  throw usage(`${JSON.stringify(text)} is not for --kv-version`, 'It can be 1, 2.');
}

/** A policy belongs to one namespace of one server: the uses of that one, and those that leave it open. Throws `usage` for several. */
function ofOnePlace(uses: readonly VaultUse[], { server, namespace }: VaultPolicyRequest): VaultUse[] {
  const servers = distinct(uses.map((use) => use.server)).filter(
    (one, at, all) => all.findIndex((other) => one === other || isSameServer(one, other)) === at,
  );
  const onServer = chosen(uses, servers, server, 'server', (use) => use.server, isSameServer);
  const namespaces = distinct(onServer.map((use) => use.namespace));
  const wanted = namespace === 'root' ? '' : namespace?.replace(/\/$/, '');
  return chosen(
    onServer,
    namespaces,
    wanted,
    'vault-namespace',
    (use) => use.namespace?.replace(/\/$/, ''),
    () => false,
  );
}

function chosen(
  uses: readonly VaultUse[],
  known: readonly string[],
  wanted: string | undefined,
  flag: string,
  of: (use: VaultUse) => string | undefined,
  isSame: (one: string, other: string) => boolean,
): VaultUse[] {
  if (wanted === undefined) {
    if (known.length <= 1) return [...uses];
    const names = known.map((one) => (one === '' ? 'root' : one)).join(', ');
    throw usage(`one policy cannot be for all of ${names}`, `Choose one with --${flag}.`);
  }
  return uses.filter((use) => {
    const own = of(use);
    return own === undefined || own === wanted || isSame(own, wanted);
  });
}

function distinct(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.filter((text) => text !== undefined))];
}

interface Rule {
  readonly capabilities: Set<Capability>;
  readonly readers: Set<string>;
}

/** By path, in order. Of several rules that fit, Vault takes the most exact one alone: it gets what wider ones allow, too. */
function merged(uses: readonly VaultUse[]): [string, Rule][] {
  const rules = new Map<string, Rule>();
  for (const { path, capabilities, by } of uses) {
    const rule = rules.get(path) ?? { capabilities: new Set(), readers: new Set() };
    for (const capability of capabilities) rule.capabilities.add(capability);
    rule.readers.add(by);
    rules.set(path, rule);
  }
  const folders = [...rules].filter(([path]) => path.endsWith('/*'));
  for (const [path, { capabilities }] of rules) {
    for (const [folder, wider] of folders) {
      if (path.startsWith(folder.slice(0, -1))) for (const one of wider.capabilities) capabilities.add(one);
    }
  }
  return [...rules].sort(([one], [other]) => compareBytes(one, other));
}

function stanza(path: string, { capabilities, readers }: Rule): string {
  const shown = [...readers].slice(0, MOST_READERS);
  const more = readers.size - shown.length;
  const lines = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].map(
    (line) => `# ${line.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')}\n`,
  );
  const words = ORDER.filter((one) => capabilities.has(one)).map((one) => `"${one}"`);
  return `${lines.join('')}path ${quoted(path)} {\n  capabilities = [${words.join(', ')}]\n}\n`;
}

/**
 * The path as a text of HCL. Throws `usage` for what a policy reads as a pattern or a template and not as itself: it would allow more.
 */
function quoted(path: string): string {
  const steps = path.replace(/\/\*$/, '').split('/');
  if (/[*]$|\{\{|\}\}|\$\{|%\{|[\p{Cc}]/u.test(steps.join('/')) || steps.includes('+')) {
    throw usage(
      `the path ${JSON.stringify(path)} cannot stand in a policy`,
      '+ as a step, * at the end, {{ and ${ mean something else there, so that more would be allowed.',
    );
  }
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
