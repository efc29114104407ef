/** SealedSecrets as text, laid out as kubeseal does. */
import { extname } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Branch } from '../../tree/tree.js';
import { printManifests } from '../manifest/print.js';

export type SealedForm = 'yaml' | 'json';

/** Each YAML document begins with `---`, as kubeseal has it, so that outputs can be put behind each other. */
export function printSealed(roots: readonly Branch[], form: SealedForm, sort: boolean): string {
  if (form === 'json') return printManifests(roots, { form });
  return roots.map((root) => `---\n${printManifests([root], { sort })}`).join('');
}

/** The form of an output: `.yaml` and `.yml` files are YAML whatever is asked for; YAML is the default. Throws `usage`. */
export function formFor(asked: string | undefined, path: string | undefined): SealedForm {
  const ending = path === undefined ? '' : extname(path).toLowerCase();
  if (ending === '.yaml' || ending === '.yml') return 'yaml';
  if (asked === undefined) return ending === '.json' ? 'json' : 'yaml';
  const form = asked.toLowerCase();
  if (form === 'yaml' || form === 'json') return form;
  throw new SopsError('usage', `unsupported output format: ${asked}`, { hint: 'The formats are yaml and json.' });
}
