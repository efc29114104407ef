/** `doctor`: from flags to the operation. */
import { examineAll } from '../../operations/explain/doctor.js';
import { sweepAll } from '../../operations/explain/sweep.js';
import { painterFor } from '../colours.js';
import { foreignCacheFolder } from '../compile-cache.js';
import { checkupText } from '../doctor-text.js';
import { jsonText } from '../json-text.js';
import { ownProcess } from '../own-process.js';
import { writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import type { Command } from './command.js';
import { formatFlag, keyServiceFlags } from './document-flags.js';

export const doctor: Command = {
  async run({ operands, values, host, streams }) {
    const [path, ...others] = operands;
    if (others.length > 0) throw new UsageError('doctor takes one file', 'doctor');
    const request = {
      path,
      inputType: formatFlag({ values, host }, 'input-type'),
      configPath: values.text('config'),
      keyServices: keyServiceFlags(values),
      decryptionOrder: values.text('decryption-order'),
      leftovers: await sweepAll(path, ownProcess(), host),
    };
    const found = await examineAll(request, host);
    const runner = { env: host.env, platform: host.platform, user: process.geteuid?.() };
    const compileCache = foreignCacheFolder(runner);
    if (compileCache !== undefined) {
      host.warn(
        `${compileCache} is not yours alone: the program is not kept compiled there, and starts a little later`,
      );
    }
    const text = values.isOn('json')
      ? jsonText(found)
      : checkupText(found, painterFor(streams), values.isOn('verbose'));
    await writeAll(streams.stdout, text);
    return found.problems.length > 0 ? 1 : 0;
  },
};
