/** `filestatus`: prints whether files are encrypted, as JSON. */
import { SopsError } from '../../errors.js';
import { fileStatus } from '../../operations/read/filestatus.js';
import { reportOf } from '../report.js';
import { print, say } from '../streams.js';
import type { Command, Invocation } from './command.js';
import { formatFlag } from './document-flags.js';

const NOT_ENCRYPTED = 1;

export const filestatus: Command = {
  async run(invocation) {
    const { values, operands, host, streams } = invocation;
    const [path, ...others] = operands;
    if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
    // SOPS looks at the first one alone.
    if (others.length > 0 && !host.calledAsSops) return statusOfEach(invocation);
    const status = await statusOf(path, invocation);
    await print(streams, `${JSON.stringify(status)}\n`);
    return values.isOn('check') && !status.encrypted ? NOT_ENCRYPTED : 0;
  },
};

/** A line for every file that can be judged; the others are told, and make the status that of a failure. */
async function statusOfEach(invocation: Invocation): Promise<number> {
  const { values, operands, streams } = invocation;
  let result = 0;
  for (const file of operands) {
    try {
      const { encrypted } = await statusOf(file, invocation);
      await print(streams, `${JSON.stringify({ file, encrypted })}\n`);
      if (!encrypted && values.isOn('check')) result ||= NOT_ENCRYPTED;
    } catch (error) {
      if (!(error instanceof SopsError) || error.code === 'write-failed') throw error;
      const { text, status } = reportOf(error.with(error.code, { file }), values.isOn('verbose'));
      say(streams.stderr, text);
      result = status;
    }
  }
  return result;
}

function statusOf(path: string, { values, host }: Invocation): Promise<{ encrypted: boolean }> {
  return fileStatus({ input: { kind: 'file', path }, inputType: formatFlag({ values, host }, 'input-type') }, host);
}
