/** What files are called where a rule publishes them as secrets (docs/publish.md#layouts). */

/** The name that a rule gives, or the file's below it where that is a folder. */
export function nameBelow(text: string, fileName: string): string {
  return text.endsWith('/') ? `${text}${fileName}` : text;
}

export interface GooglePlace {
  readonly project: string;
  /** Undefined for a secret that is replicated. */
  readonly location: string | undefined;
  /** The name in the rule, or else the file's as the service takes it. */
  nameFor(fileName: string): string;
}

const GOOGLE = /^projects\/([\w.:-]*\w)(?:\/locations\/([a-z0-9-]+))?(?:\/secrets\/([\w-]{1,255}))?$/;

/** What `gcp_secretmanager` names; undefined for what is no such place. */
export function googlePlace(text: string): GooglePlace | undefined {
  const [, project, location, own] = GOOGLE.exec(text) ?? [];
  if (project === undefined) return undefined;
  return { project, location, nameFor: (fileName) => own ?? fileName.replaceAll(/[./]/g, '-') };
}

export interface VaultPlace {
  readonly origin: string;
  nameFor(fileName: string): string;
}

const KEY_VAULT = /^\/?(?:secrets\/([0-9a-zA-Z-]{1,127}))?\/?$/;

/** What `azure_keyvault` names; undefined for what is no such place. */
export function keyVaultPlace(text: string): VaultPlace | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [isTarget, own] = (url && KEY_VAULT.exec(url.pathname)) ?? [];
  if (url?.protocol !== 'https:' || isTarget === undefined || url.username || url.search || url.hash) return undefined;
  return { origin: url.origin, nameFor: (fileName) => own ?? keyVaultName(fileName) };
}

/** Key Vault takes no other characters. */
export function keyVaultName(name: string): string {
  return name.replaceAll(/[_./]/g, '-');
}

export interface ClusterPlace {
  readonly namespace: string;
  nameFor(fileName: string): string;
}

const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What `kubernetes` names; undefined for what is no such place. */
export function clusterPlace(text: string): ClusterPlace | undefined {
  const [namespace = '', own, ...more] = text.split('/');
  if (!NAMESPACE.test(namespace) || own === undefined || more.length > 0) return undefined;
  return { namespace, nameFor: (fileName) => own || fileName.toLowerCase().replaceAll(/[_/]/g, '-') };
}
