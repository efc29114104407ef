/** `why`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { explainFile } from '../../operations/explain/why.js';
import { painterFor } from '../colours.js';
import { jsonText } from '../json-text.js';
import { writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import { explanationText } from '../why-text.js';
import type { Command } from './command.js';
import { encryptRequest } from './encrypt.js';

export const why: Command = {
  async run(invocation) {
    const { operands, values, host, streams } = invocation;
    const [path, ...others] = operands;
    if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
    if (others.length > 0) throw new UsageError('why takes one file', 'why');
    const request = { ...encryptRequest(invocation), input: { kind: 'file', path } as const };
    const found = await explainFile(request, host);
    const asJson = values.isOn('json');
    await writeAll(streams.stdout, asJson ? jsonText(found) : explanationText(found, painterFor(streams)));
    return found.problems.length > 0 ? 1 : 0;
  },
};
