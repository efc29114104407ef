/** `set`: from flags, value file, standard input or the user's hand to the operation. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { generateSecret } from '../../operations/generate-secret.js';
import { parseJsonValue } from '../../operations/json-value.js';
import { type SetRequest, setInFile } from '../../operations/set.js';
import { parseValuePath } from '../../operations/value-path.js';
import { leaf, type Value } from '../../tree/tree.js';
import { systemReason } from '../../util/files.js';
import { decodeText } from '../../util/text.js';
import { readAll } from '../streams.js';
import { changeRequest, toldOutcome } from './change-flags.js';
import type { Command, Invocation } from './command.js';

export const set: Command = {
  async run(invocation) {
    return toldOutcome(await setInFile(await setRequest(invocation), invocation.host), invocation);
  },
};

/** What the command line asks for. Throws `failed`, `no-file`, `set-syntax`, `usage`, in the order of spec section 2.4. */
export async function setRequest(invocation: Invocation): Promise<SetRequest> {
  if (invocation.oldForm) return oldRequest(invocation);
  const { values, operands } = invocation;
  checkSources(invocation);
  const [file, place, ...given] = operands;
  const withoutValue = values.isOn('value-stdin') || values.text('generate') !== undefined;
  const most = withoutValue ? 0 : 1;
  if (file === undefined || place === undefined || given.length > most) throw wrongCount(withoutValue);
  if (values.isOn('value-file') && given.length === 0) throw wrongCount(false);
  const path = parseValuePath(place, 'set');
  return { ...changeRequest(invocation, file), path, value: await readValue(invocation, place, given[0]) };
}

/** The old form: `--set 'INDEX JSON' FILE`, cut behind the first bracket with a blank. */
function oldRequest(invocation: Invocation): SetRequest {
  const { values, operands } = invocation;
  const text = values.text('set') ?? '';
  const cut = text.indexOf('] ');
  if (cut < 0) {
    throw new SopsError('set-syntax', 'Invalid --set format', { hint: 'Write: --set \'["key"]["other"] "value"\'' });
  }
  const path = parseValuePath(text.slice(0, cut + 1), 'set');
  return { ...changeRequest(invocation, operands[0] ?? ''), path, value: parseJsonValue(text.slice(cut + 2)) };
}

/** Refuses two sources of one value. */
function checkSources({ values }: Invocation): void {
  if (values.isOn('value-file') && values.isOn('value-stdin')) {
    throw new SopsError('failed', 'Error: cannot use both --value-file and --value-stdin');
  }
  if (values.text('generate') === undefined) return;
  for (const name of ['value-file', 'value-stdin']) {
    if (values.isOn(name)) throw new SopsError('conflict', `Error: cannot use both --generate and --${name}`);
  }
}

function wrongCount(withoutValue: boolean): SopsError {
  const need = withoutValue ? 2 : 3;
  const message = `Error: no file specified, or index and value are missing. Need precisely ${need} positional arguments.`;
  return new SopsError('no-file', message, { hint: `Write: sops-ts set FILE PLACE${withoutValue ? '' : ' JSON'}` });
}

async function readValue(
  { values, host, streams }: Invocation,
  place: string,
  given: string | undefined,
): Promise<Value> {
  const wish = values.text('generate');
  if (wish !== undefined) return leaf(generateSecret(wish));
  if (values.isOn('value-stdin')) return parseJsonValue(decodeText(await readAll(streams.stdin)));
  if (given === undefined) return leaf(await askValue(host, place));
  return parseJsonValue(values.isOn('value-file') ? readValueFile(resolve(host.cwd, given), given) : given);
}

/** The value typed unseen, taken as text as it is. Without a terminal the command line simply lacks a word. */
async function askValue(host: Invocation['host'], place: string): Promise<string> {
  try {
    return await host.askSecret(`Value of ${place}:`);
  } catch (cause) {
    throw wrongCount(false).with('no-file', { cause });
  }
}

function readValueFile(path: string, shown: string): string {
  try {
    return decodeText(readFileSync(path));
  } catch (cause) {
    throw new SopsError('failed', `Error reading the value: open ${shown}: ${systemReason(cause)}`, { cause });
  }
}
