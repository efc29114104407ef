/** `emit rbac`: a Role and a RoleBinding for just the Secrets that files name (docs/kubernetes/access.md#rbac). */
import { SopsError } from '../../errors.js';
import { type Branch, leaf } from '../../tree/tree.js';
import type { Session } from '../../util/host/host.js';
import { compareBytes } from '../../util/text/byte-order.js';
import { printManifests } from '../manifest/print.js';
import { record } from '../object-literal.js';
import { checkedName, checkNamespace } from '../stores/checks.js';
import { usage } from '../stores/settings.js';
import { type NamedObject, namedObjects } from './named-objects.js';
import { type NamesRequest, nothingNamed, readSources } from './sources.js';

export interface RbacRequest extends NamesRequest {
  /** Of the Role and of the RoleBinding. */
  readonly name: string | undefined;
  /** For objects that name none. */
  readonly namespace: string | undefined;
  /** NS/NAME of those who may read. */
  readonly serviceAccounts: readonly string[];
  readonly form: 'yaml' | 'json';
}

const DEFAULT_NAME = 'read-secrets';
const GROUP = 'rbac.authorization.k8s.io';

/** A Role and a RoleBinding for each namespace. Throws SopsError. */
export async function printRbac(request: RbacRequest, host: Session): Promise<string> {
  const subjects = request.serviceAccounts.map(subjectOf);
  if (subjects.length === 0) throw usage('--service-account is missing: who is to read the Secrets, as NS/NAME');
  const name = checkedName(request.name ?? DEFAULT_NAME, '--name');
  const otherwise = request.namespace === undefined ? undefined : checkNamespace(request.namespace, '--namespace');
  const objects = namedObjects(await readSources(request, host));
  if (objects.length === 0) {
    throw nothingNamed(
      'Secret',
      request.inputs,
      'Secrets, SealedSecrets, ExternalSecrets with a store of kubernetes, and ref+k8s:// count.',
    );
  }
  const roots = [...byNamespace(objects, otherwise)].flatMap(([namespace, own]) => {
    const metadata = record({ name, namespace: namespace === '' ? undefined : namespace });
    return [roleOf(metadata, own), bindingOf(metadata, name, subjects)];
  });
  return printManifests(roots, { form: request.form });
}

function subjectOf(text: string): Branch {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (more.length > 0 || name === '')
    throw usage(`--service-account ${JSON.stringify(text)} is not of the form NS/NAME`);
  return record({
    kind: 'ServiceAccount',
    name: checkedName(name, '--service-account'),
    namespace: checkNamespace(namespace, '--service-account'),
  });
}

/** In the order of their names; the empty text stands for objects that leave it to the context. */
function byNamespace(objects: readonly NamedObject[], otherwise: string | undefined): [string, NamedObject[]][] {
  const found = new Map<string, NamedObject[]>();
  for (const object of objects) {
    const namespace = object.namespace ?? otherwise ?? '';
    found.set(namespace, [...(found.get(namespace) ?? []), checkedObject(object)]);
  }
  return [...found].sort(([one], [other]) => compareBytes(one, other));
}

function checkedObject(object: NamedObject): NamedObject {
  try {
    checkedName(object.name, object.by);
    if (object.namespace !== undefined) checkNamespace(object.namespace, object.by);
    return object;
  } catch (error) {
    throw error instanceof SopsError && object.file !== undefined
      ? error.with(error.code, { file: object.file })
      : error;
  }
}

/** `get` alone: `list` and `watch` would show all of them. */
function roleOf(metadata: Branch, objects: readonly NamedObject[]): Branch {
  const rules = (['secrets', 'configmaps'] as const).flatMap((resource) => {
    const own = objects.filter((object) => object.resource === resource);
    const names = [...new Set(own.map(({ name }) => name))].sort(compareBytes);
    return names.length === 0 ? [] : [ruleOf(resource, names)];
  });
  return record({ apiVersion: `${GROUP}/v1`, kind: 'Role', metadata, rules });
}

function ruleOf(resource: string, names: readonly string[]): Branch {
  return record({
    apiGroups: textList(['']),
    resources: textList([resource]),
    resourceNames: textList(names),
    verbs: textList(['get']),
  });
}

function textList(texts: readonly string[]) {
  return texts.map((text) => leaf(text));
}

function bindingOf(metadata: Branch, role: string, subjects: readonly Branch[]): Branch {
  return record({
    apiVersion: `${GROUP}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: record({ apiGroup: GROUP, kind: 'Role', name: role }),
    subjects,
  });
}
