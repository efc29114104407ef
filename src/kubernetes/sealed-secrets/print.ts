/** SealedSecrets as text, laid out as kubeseal does. */
import { extname } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Branch } from '../../tree/tree.js';
import { printManifests } from '../manifest/print.js';

const FORMS = ['yaml', 'json'] as const;
export type SealedForm = (typeof FORMS)[number];

/** Each YAML document begins with `---`, as kubeseal has it, so that outputs can be put after each other. */
export function printSealed(roots: readonly Branch[], form: SealedForm, sort: boolean): string {
  return PRINTERS[form](roots, sort);
}

const PRINTERS: Readonly<Record<SealedForm, (roots: readonly Branch[], sort: boolean) => string>> = {
  json: (roots) => printManifests(roots, { form: 'json' }),
  yaml: (roots, sort) => roots.map((root) => `---\n${printManifests([root], { sort })}`).join(''),
};

/** The form of an output: `.yaml` and `.yml` files are YAML whatever is asked for; YAML is the default. Throws `usage`. */
export function formFor(asked: string | undefined, path: string | undefined): SealedForm {
  const ending = path === undefined ? '' : extname(path).toLowerCase();
  if (ending === '.yaml' || ending === '.yml') return 'yaml';
  if (asked === undefined) return ending === '.json' ? 'json' : 'yaml';
  const form = FORMS.find((one) => one === asked.toLowerCase());
  if (form) return form;
  throw new SopsError('usage', `unsupported output format: ${asked}`, { hint: 'The formats are yaml and json.' });
}
