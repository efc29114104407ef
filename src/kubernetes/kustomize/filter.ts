/** `kustomize decrypt`: what a build has put out, decrypted; what was not encrypted keeps its text. */
import { keyServicesOf } from '../../keyservice/services.js';
import { trailOf } from '../../run/audit-trail.js';
import { type Branch, branch, item } from '../../tree/tree.js';
import type { Session } from '../../util/host/host.js';
import { decodeText } from '../../util/text/text.js';
import type { Manifest } from '../manifest/manifest.js';
import { printManifests } from '../manifest/print.js';
import { readManifests } from '../manifest/read.js';
import { type BuiltRules, decryptBuilt } from './built-objects.js';

export type FilterRules = Pick<BuiltRules, 'skipMac' | 'heedsAnnotation'>;

/** The objects of a text, decrypted. `file` names it in messages. Throws SopsError; nothing comes out then. */
export async function filterBuilt(
  bytes: Uint8Array,
  file: string | undefined,
  rules: FilterRules,
  host: Session,
): Promise<string> {
  const objects = readManifests(bytes, { file });
  const input =
    file === undefined
      ? ({ kind: 'stdin', read: async () => bytes } as const)
      : ({ kind: 'file', path: file } as const);
  const built = { ...rules, keyServices: keyServicesOf(undefined, host), trail: trailOf(input, host) };
  const after: Manifest[] = [];
  for (const object of objects) after.push(await decryptBuilt(object, built));
  if (after.every((object, index) => object === objects[index])) return ended(decodeText(bytes));
  const texts = splitStream(decodeText(bytes));
  if (texts.length !== after.length) return printManifests(after.map(rootOf));
  return after
    .map((object, index) => (object === objects[index] ? ended(texts[index] ?? '') : printManifests([rootOf(object)])))
    .join('---\n');
}

/** The object with its metadata, if it was left encrypted. */
function rootOf({ root, sops }: Manifest): Branch {
  return sops ? branch([...root.items, item('sops', sops)]) : root;
}

/** The documents of a stream as kustomize prints it: nothing but `---` on the lines between. */
function splitStream(text: string): string[] {
  return text
    .replace(/^---\n/, '')
    .split(/^---\n/m)
    .filter((part) => part.trim() !== '');
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
