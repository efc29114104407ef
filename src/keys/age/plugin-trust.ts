/** Which age plug-ins may be started: no program is only because a file names it (docs/security.md#whom-credentials-go-to). */
import type { Session } from '../../util/host/host.js';
import { checkTarget, type NamedKey } from '../trust.js';
import { pluginStartedFor } from './recipients.js';

/** The run, and whether the user has an identity of the plug-in. */
interface PluginUse {
  readonly host: Session;
  isOwn(): Promise<boolean>;
}

/**
 * Throws `key` for the plug-in of a recipient that came neither by flag or variable nor from a trusted configuration, unless the plug-in is that of an
 * identity of the user, or allowed.
 */
export function checkPluginAllowed(plugin: string, recipient: string, { host, isOwn }: PluginUse): Promise<void> {
  return checkTarget(
    {
      type: 'age',
      called: called(plugin),
      variable: 'SOPS_AGE_PLUGIN_ALLOWLIST',
      entry: plugin,
      covers: (entry) => entry === plugin,
      isChosen: isOwn,
      isNamedBy: (key) => recipientsOf(key).includes(recipient),
      refusal: 'it is not started',
      advice: 'give its recipient by --age, add an identity of the plug-in to your age keys',
    },
    host,
  );
}

/** The plug-ins that the recipients of a named key start, as messages call them. */
export async function pluginsOf(named: NamedKey): Promise<string[]> {
  const plugins = await Promise.all(recipientsOf(named).map((text) => pluginStartedFor(text).catch(() => null)));
  return plugins.flatMap((name) => (name === null ? [] : called(name)));
}

function called(plugin: string): string {
  return `the age plug-in ${JSON.stringify(plugin)}`;
}

function recipientsOf(named: NamedKey): string[] {
  if (typeof named === 'string') return named.split(',').map((one) => one.trim());
  return [...named.values()].filter((value) => typeof value === 'string');
}
