/** `edit`: from flags to the operation. */

import { SopsError } from '../../errors.js';
import { findEditor } from '../../exec/editor.js';
import { type EditRequest, editFile } from '../../operations/write/edit.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { printable } from '../output/report.js';
import { ownProcess } from '../start/own-process.js';
import { nextLine, say } from '../terminal/streams.js';
import { flag, type Values, variant } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { encryptRequest } from './encryption-flags.js';
import { configFlag, generalFlags, newFileFlags, openingFlags, typeFlags } from './shared-flags.js';

const flags = {
  showMasterKeys: PROGRAM.showMasterKeys,
  ...typeFlags,
  ...newFileFlags,
  allowUnencrypted: PROGRAM.allowUnencrypted,
  shamirThreshold: PROGRAM.shamirThreshold,
  keepUnlisted: variant(PROGRAM.keepUnlisted, { group: 'general' }),
  ignoreMac: PROGRAM.ignoreMac,
  ...openingFlags,
  ...configFlag,
  indent: PROGRAM.indent,
  k8s: flag.yesNo('k8s', 'edit the data of Secrets decoded from base64'),
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const edit = command({
  name: 'edit',
  task: 'files',
  summary: 'edit a file in your editor; a new one begins with an example',
  operands: 'file',
  examples: ['sops-ts edit secrets.yaml', 'EDITOR="code --wait" sops-ts secrets.yaml'],
  isDefault: true,
  operandRule: 'first',
  file: 'operand',
  writesInPlace: 'always',
  flags,
  async run(given, context) {
    const { host, streams } = context;
    if (context.oldForm && !host.calledAsSops) await refuseMisspelt(context);
    const tools = {
      own: ownProcess(),
      findEditor: () => findEditor(host),
      pause(reason: string): Promise<boolean> {
        const text = `${printable(reason)}\nPress enter to return to the editor, or Ctrl+C to exit.\n`;
        say(streams.stderr, text);
        return nextLine(streams.stdin);
      },
    };
    const { warnings } = await editFile(await editRequest(given, context), tools, host);
    for (const warning of warnings) host.warn(warning);
    return 0;
  },
});

/** A word alone that is nearly a command's is not a name for a new file: `sops-ts decript`. Throws `usage`. */
async function refuseMisspelt({ operands: [word = ''], host, commandNames }: Context): Promise<void> {
  if (!/^[a-z-]+$/.test(word) || statOrThrow(resolve(host.cwd, word))) return;
  const { adviceForWord } = await import('../words/nearest-word.js');
  const names = commandNames();
  if (adviceForWord(word, names) === undefined) return;
  const hint = `For a new file of that name: sops-ts edit ${word}`;
  throw new UsageError(`${word} is neither a file nor a command`, undefined, { kind: 'command', word, names }, hint);
}

/** What the flags ask for. Throws `no-file`, `usage`. */
async function editRequest(given: Flags, context: Context): Promise<EditRequest> {
  const [path] = context.operands;
  if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
  return {
    ...encryptRequest(given, context),
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    ignoreMac: given.ignoreMac,
    keepUnlisted: given.keepUnlisted,
    decryptionOrder: given.decryptionOrder,
    showMasterKeys: given.showMasterKeys,
    viewFor: await viewFor(given),
  };
}

/** With `--k8s`, Secrets are shown decoded. Throws `conflict`. */
async function viewFor({ k8s, showMasterKeys }: Flags): Promise<EditRequest['viewFor']> {
  if (!k8s) return undefined;
  if (showMasterKeys) {
    throw new SopsError('conflict', 'Error: --k8s and --show-master-keys exclude each other');
  }
  const { SecretView } = await import('../../kubernetes/secret-view.js');
  return (format) => new SecretView(format);
}
