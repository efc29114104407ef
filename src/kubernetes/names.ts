/** Names as the API server takes them. */

const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const NAMESPACE = new RegExp(`^${LABEL}$`);

export const NAME_RULE = 'Names are made of lower-case letters, digits, - and . (253 at most).';
export const NAMESPACE_RULE = 'Namespaces are made of lower-case letters, digits and - (63 at most).';

/** Whether a text is a DNS-1123 subdomain, as the names of most objects are. */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && SUBDOMAIN.test(name);
}

/** Whether a text is a DNS-1123 label. */
export function isNamespaceName(name: string): boolean {
  return name.length <= 63 && NAMESPACE.test(name);
}
