/** What a configuration allows references in files, as far as the user trusts it (docs/configuration.md#refs). */
import type { Config, ReferenceGrant } from '../config/model.js';
import { warnOnce } from '../config/warnings.js';
import { openRun, type Run } from '../run/run.js';
import { calledGrant, isTrustworthy } from '../run/trust.js';
import { resolve } from '../util/files/paths.js';
import { realPathIfThere } from '../util/files/real-path.js';
import type { Session } from '../util/host/host.js';
import { backendRow, SCHEMES } from './registry.js';

/** See `ResolverOptions.grants`. The configuration is looked for once, and whether it is trusted is found out when a scheme needs it. */
export function grantsFor(
  filePath: string | undefined,
  configPath: string | undefined,
  host: Session,
): (scheme: string) => Promise<readonly string[] | 'all'> {
  let running: Promise<Run> | undefined;
  let trusting: Promise<boolean> | undefined;
  return async (scheme) => {
    running ??= openRun({ configPath, filePath }, host, (error) =>
      warnOnce(host, `what references are allowed is not read: ${error.message}`),
    );
    const { config } = await running;
    const schemes = config?.referenceGrants.map((grant) => grant.scheme) ?? [];
    for (const told of unknownSchemes(config?.path ?? '', schemes)) warnOnce(host, told);
    const own = (config?.referenceGrants ?? []).filter((grant) => grant.scheme === scheme);
    const [first] = own;
    if (!config || !first) return [];
    trusting ??= isTrustworthy(config, calledGrant(first), host);
    if (!(await trusting)) return [];
    return own.some(({ rest }) => rest === undefined) ? 'all' : own.map((grant) => partOf(grant, config));
  };
}

/** What becomes of schemes that do not exist: a misspelt one allows nothing. */
export function unknownSchemes(path: string, schemes: readonly string[]): string[] {
  return [...new Set(schemes)]
    .filter((scheme) => !SCHEMES.includes(scheme))
    .map((scheme) => `refs of ${path} allows ${JSON.stringify(scheme)}, which is not a scheme of references`);
}

function partOf({ scheme, rest = '' }: ReferenceGrant, { folder }: Config): string {
  if (!backendRow(scheme)?.namesFiles) return rest;
  const path = resolve(folder, rest);
  return realPathIfThere(path) ?? path;
}
