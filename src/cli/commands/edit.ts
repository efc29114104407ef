/** `edit`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { findEditor } from '../../exec/editor.js';
import { type EditRequest, editFile } from '../../operations/edit.js';
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
    const { warnings } = await editFile(editRequest(invocation), tools, host);
    for (const warning of warnings) host.warn(warning);
    return 0;
  },
};

/** What the flags ask for. Throws `no-file`, `usage`. */
export function editRequest(invocation: Invocation): EditRequest {
  const { values, operands } = invocation;
  const [path] = operands;
  if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
  return {
    ...encryptRequest(invocation),
    input: { kind: 'file', path },
    output: { kind: 'in-place' },
    ignoreMac: values.isOn('ignore-mac'),
    decryptionOrder: values.text('decryption-order'),
    showMasterKeys: values.isOn('show-master-keys'),
  };
}
