/** `edit`: from flags to the operation. */

import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { findEditor } from '../../exec/editor.js';
import { type EditRequest, editFile } from '../../operations/write/edit.js';
import { existsSync } from '../../util/fs.js';
import type { FlagValues } from '../flag-values.js';
import { ownProcess } from '../own-process.js';
import { printable } from '../report.js';
import { nextLine, say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command, Invocation } from './command.js';
import { encryptRequest } from './encrypt.js';

export const edit: Command = {
  async run(invocation) {
    const { host, streams } = invocation;
    if (invocation.oldForm && !host.calledAsSops) await refuseMisspelt(invocation);
    const tools = {
      own: ownProcess(),
      findEditor: () => findEditor(host),
      pause(reason: string): Promise<boolean> {
        const text = `${printable(reason)}\nPress enter to return to the editor, or Ctrl+C to exit.\n`;
        say(streams.stderr, text);
        return nextLine(streams.stdin);
      },
    };
    const { warnings } = await editFile(await editRequest(invocation), tools, host);
    for (const warning of warnings) host.warn(warning);
    return 0;
  },
};

/** A word alone that is nearly a command's is no name for a new file: `sops-ts decript`. Throws `usage`. */
async function refuseMisspelt({ operands: [word = ''], host }: Invocation): Promise<void> {
  if (!/^[a-z-]+$/.test(word) || existsSync(resolve(host.cwd, word))) return;
  const [{ adviceForWord }, { COMMANDS }, { wordsOf }] = await Promise.all([
    import('../help.js'),
    import('./registry.js'),
    import('../command-line.js'),
  ]);
  const names = wordsOf(COMMANDS);
  if (adviceForWord(word, names) === undefined) return;
  const hint = `For a new file of that name: sops-ts edit ${word}`;
  throw new UsageError(`${word} is neither a file nor a command`, undefined, { kind: 'command', word, names }, hint);
}

/** What the flags ask for. Throws `no-file`, `usage`. */
export async function editRequest(invocation: Invocation): Promise<EditRequest> {
  const { values, operands } = invocation;
  const [path] = operands;
  if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
  return {
    ...encryptRequest(invocation),
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    ignoreMac: values.isOn('ignore-mac'),
    keepUnlisted: values.isOn('keep-unlisted'),
    decryptionOrder: values.text('decryption-order'),
    showMasterKeys: values.isOn('show-master-keys'),
    viewFor: await viewFor(values),
  };
}

/** With `--k8s`, Secrets are shown decoded. Throws `conflict`. */
async function viewFor(values: FlagValues): Promise<EditRequest['viewFor']> {
  if (!values.isOn('k8s')) return undefined;
  if (values.isOn('show-master-keys')) {
    throw new SopsError('conflict', 'Error: --k8s and --show-master-keys exclude each other');
  }
  const { SecretView } = await import('../../kubernetes/secret-view.js');
  return (format) => new SecretView(format);
}
