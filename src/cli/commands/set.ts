/** `set`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { parseValuePath } from '../../operations/read/value-path.js';
import { parseJsonValue } from '../../operations/write/json-value.js';
import { type SetRequest, setInFile } from '../../operations/write/set.js';
import { changeRequest, toldOutcome } from './change-flags.js';
import type { Command, Invocation } from './command.js';
import { checkSources, readValue, wrongCount } from './set-value.js';

export const set: Command = {
  async run(invocation) {
    return toldOutcome(await setInFile(await setRequest(invocation), invocation.host), invocation);
  },
};

/** What the command line asks for. Throws `failed`, `no-file`, `set-syntax`, `usage`, in the order of docs/command-line.md#set. */
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
  return {
    ...changeRequest(invocation, file),
    path,
    value: await readValue(invocation, { file, place, given: given[0] }),
  };
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
