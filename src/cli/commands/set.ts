/** `set`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { parseValuePath } from '../../operations/read/value-path.js';
import { parseJsonValue } from '../../operations/write/json-value.js';
import { type SetRequest, setInFile } from '../../operations/write/set.js';
import { printable } from '../output/report.js';
import { say } from '../terminal/streams.js';
import type { Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { changeFlags, changeRequest, toldOutcome } from './change-flags.js';
import { type Context, command } from './command.js';
import { checkSources, readGivenValue, type ValueFlags, valueFlags, wrongCount } from './set-value.js';

const flags = { ...valueFlags, ...changeFlags };
type Flags = ValueFlags & Values<typeof changeFlags>;

export const set = command({
  name: 'set',
  task: 'files',
  summary: 'set one value of a file; without a value it is asked for, unseen',
  operands: 'file place [json|text --text]',
  operandKinds: ['file', 'place'],
  examples: [
    'sops-ts set secrets.yaml \'["db"]["hosts"][0]\' \'"localhost"\'',
    "sops-ts set new.yaml db.user 'Jo Doe' --text      # a new file is made by its rule",
    'openssl rand -base64 24 | sops-ts set secrets.yaml db.password --value-stdin',
  ],
  oldForm: PROGRAM.set,
  plainOperandsWith: 'text',
  file: 'operand',
  writesInPlace: 'always',
  flags,
  async run(given, context) {
    const outcome = await setInFile(await setRequest(given, context), context.host);
    const [file = ''] = context.operands;
    if (outcome.madeBy !== undefined) {
      say(context.streams.stderr, `Made ${printable(file)}, encrypted by ${printable(outcome.madeBy)}.\n`);
    }
    return toldOutcome(outcome, context);
  },
});

/** What the command line asks for. Throws `failed`, `no-file`, `set-syntax`, `usage`, in the order of docs/command-line.md#set. */
async function setRequest(given: Flags, context: Context): Promise<SetRequest> {
  if (context.oldForm) return oldRequest(given, context);
  checkSources(given);
  const [file, place, ...words] = context.operands;
  const withoutValue = given.valueStdin || given.generate !== undefined;
  const most = withoutValue ? 0 : 1;
  if (file === undefined || place === undefined || words.length > most) throw wrongCount(withoutValue);
  if (given.valueFile && words.length === 0) throw wrongCount(false);
  const path = parseValuePath(place, 'set');
  return {
    ...changeRequest(given, context, file),
    path,
    value: await readGivenValue(given, context, { file, place, word: words[0] }),
    // SOPS knows no such thing, and a script of its may count on the failure.
    makesFile: !context.host.calledAsSops,
  };
}

/** The old form: `--set 'INDEX JSON' FILE`, cut after the first bracket with a blank. */
function oldRequest(given: Flags, context: Context): SetRequest {
  const { operands, oldText: text = '' } = context;
  const cut = text.indexOf('] ');
  if (cut < 0) {
    throw new SopsError('set-syntax', 'Invalid --set format', { hint: 'Write: --set \'["key"]["other"] "value"\'' });
  }
  const path = parseValuePath(text.slice(0, cut + 1), 'set');
  return { ...changeRequest(given, context, operands[0] ?? ''), path, value: parseJsonValue(text.slice(cut + 2)) };
}
