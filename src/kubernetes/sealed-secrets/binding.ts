/** Which name, namespace and scope the values of a Secret get: from flags, from the Secret, from what is there already. */
import { SopsError } from '../../errors.js';
import { isNamespaceName, isObjectName, NAME_RULE, NAMESPACE_RULE } from '../names.js';
import { type Scope, scopeOfAnnotations } from './scope.js';
import type { Binding, SealedSecret } from './sealed-secret.js';
import type { SecretContent } from './secret-content.js';

/** What flags say; undefined where they say nothing. */
export interface BindingFlags {
  readonly scope: Scope | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

/** The binding of a Secret. The texts of errors are kubeseal's, which scripts match. Throws `document-invalid` and `conflict`. */
export function bindingOf(secret: SecretContent, flags: BindingFlags): Binding {
  const name = flags.name ?? secret.name;
  if (name === undefined) {
    throw new SopsError('document-invalid', 'missing metadata.name in input Secret', { hint: 'Or give --name.' });
  }
  const scope = flags.scope ?? scopeOfAnnotations(secret.annotations) ?? 'strict';
  const { namespace: own } = secret;
  if (flags.namespace !== undefined && own !== undefined && own !== flags.namespace) {
    const clash = `input secret is in namespace "${own}" but "${flags.namespace}" was specified`;
    throw new SopsError('conflict', `namespace mismatch: ${clash}`);
  }
  return complete({ name, namespace: own ?? flags.namespace ?? '', scope });
}

/** Refuses a binding without the namespace that its scope asks for. */
function complete(binding: Binding): Binding {
  if (binding.namespace === '' && binding.scope !== 'cluster-wide') {
    throw new SopsError('document-invalid', 'secret must declare a namespace', {
      hint: `Values of scope ${binding.scope} are bound to it: write metadata.namespace, or give --namespace.`,
    });
  }
  return checked(binding);
}

/** The binding of a target whose values a Secret replaces: the target's own, which nothing may contradict. Throws `conflict`. */
export function bindingForMerge(secret: SecretContent, target: SealedSecret, flags: BindingFlags): Binding {
  const { binding, described } = target;
  const asked = flags.scope ?? scopeOfAnnotations(secret.annotations);
  if (asked !== undefined && asked !== binding.scope) {
    throw new SopsError('conflict', `${described} is ${binding.scope}, not ${asked}`, {
      hint: 'Values of two scopes in one object never open. Seal all of it anew, or use --re-encrypt --scope.',
    });
  }
  if (flags.name !== undefined && flags.name !== binding.name) {
    throw new SopsError('conflict', `name mismatch: ${described} is not called ${JSON.stringify(flags.name)}`);
  }
  return complete(binding);
}

/** The binding that re-encryption gives an object: its own, but for what flags change. */
export function bindingForReseal({ binding }: SealedSecret, { scope, name }: BindingFlags): Binding {
  return complete({ ...binding, scope: scope ?? binding.scope, name: name ?? binding.name });
}

/** The binding of `--raw`, which has flags alone. Throws `usage`. */
export function bindingOfFlags({ scope = 'strict', name, namespace }: BindingFlags): Binding {
  const missing = scope === 'strict' && name === undefined ? 'name' : undefined;
  const lacking = scope !== 'cluster-wide' && namespace === undefined ? 'namespace' : missing;
  if (lacking !== undefined) {
    throw new SopsError('usage', `must provide the --${lacking} flag with --raw and --scope ${scope}`);
  }
  return checked({ name: name ?? '', namespace: namespace ?? '', scope });
}

/** Refuses names that no object can have: what is sealed for them could never be opened. */
function checked(binding: Binding): Binding {
  const { name, namespace } = binding;
  if (name !== '' && !isObjectName(name)) {
    throw new SopsError('document-invalid', `${JSON.stringify(name)} is not a name for a Secret`, { hint: NAME_RULE });
  }
  if (namespace !== '' && !isNamespaceName(namespace)) {
    throw new SopsError('document-invalid', `${JSON.stringify(namespace)} is not a namespace`, {
      hint: NAMESPACE_RULE,
    });
  }
  return binding;
}
