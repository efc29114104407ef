/** `edit`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { findEditor } from '../../exec/editor.js';
import { type EditRequest, editFile } from '../../operations/edit.js';
import type { FlagValues } from '../flag-values.js';
import { ownProcess } from '../own-process.js';
import { printable } from '../report.js';
import { nextLine, say } from '../streams.js';
import type { Command, Invocation } from './command.js';
import { encryptRequest } from './encrypt.js';

export const edit: Command = {
  async run(invocation) {
    const { host, streams } = invocation;
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
