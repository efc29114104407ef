/** All help texts of commands, by task. */
import { DOCUMENTS } from './documents.js';
import { FLUX } from './flux.js';
import { HELM } from './helm.js';
import { KEYS } from './keys.js';
import { KUBERNETES } from './kubernetes.js';
import { PLACES } from './places.js';
import { PROGRAMS } from './programs.js';
import { SEALED_SECRETS } from './sealed-secrets.js';
import { SECRET_STORES } from './secret-stores.js';
import { SETUP } from './setup.js';
import type { CommandGuide, Task } from './task.js';

export const TASKS: readonly Task[] = [
  DOCUMENTS,
  KEYS,
  PROGRAMS,
  PLACES,
  KUBERNETES,
  FLUX,
  HELM,
  SEALED_SECRETS,
  SECRET_STORES,
  SETUP,
];

/** What help says of a command; a command without texts is a defect that tests find. */
export function guideOf(name: string): CommandGuide {
  const found = TASKS.flatMap((task) => task.commands).find((guide) => guide.name === name);
  return found ?? { name, operands: '', summary: '', examples: [] };
}
