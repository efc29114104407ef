/** Laying out folders of manifests for checks, and the manifests that they are made of. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Desk } from './desk.js';

/** By path: a text, or with `link` a symbolic link. */
export type Layout = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

export function layOut(desk: Desk, layout: Layout): void {
  for (const [name, content] of Object.entries(layout)) {
    mkdirSync(dirname(desk.path(name)), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) desk.write(name, content);
    else symlinkSync(content.link, desk.path(name));
  }
}

/** A kustomization with these fields. */
export function kustomization(fields: string, kind = 'Kustomization'): string {
  const version = kind === 'Component' ? 'v1alpha1' : 'v1beta1';
  return `apiVersion: kustomize.config.k8s.io/${version}\nkind: ${kind}\n${fields}\n`;
}

/** A Secret in plain text; `more` are further lines of its metadata. */
export function secretText(name: string, more = ''): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${name}\n${more}data:\n  k: Q0FOQVJZ\n`;
}

export const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: b\n';

/** Selects what Secrets hide. */
export const VALUES_ONLY = ['--encrypted-regex', '^(data|stringData)$'] as const;
