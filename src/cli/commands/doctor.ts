/** `doctor`: from flags to the operation. */
import { examineAll } from '../../operations/explain/doctor.js';
import { sweepAll } from '../../operations/explain/sweep.js';
import { checkupText } from '../output/doctor-text.js';
import { jsonText } from '../output/json-text.js';
import { foreignCacheFolder } from '../start/compile-cache.js';
import { ownProcess } from '../start/own-process.js';
import { painterFor } from '../terminal/colours.js';
import { writeAll } from '../terminal/streams.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { formatOf, keyServiceChoice } from './document-flags.js';
import { configFlag, generalFlags, jsonFlag, openingFlags } from './shared-flags.js';

export const doctor = command({
  name: 'doctor',
  task: 'setup',
  summary: 'look for identities, programs and credentials, and try every key of a file',
  operands: '[file]',
  examples: [
    'sops-ts doctor                        # exit status 1 when something is wrong',
    'sops-ts doctor secrets/app.yaml       # which of its keys open here, and why the others do not',
    'sops-ts doctor --verbose              # what is not set up, too',
  ],
  file: 'operand',
  skipsSweep: true,
  flags: { inputType: PROGRAM.inputType, ...openingFlags, ...configFlag, ...jsonFlag, ...generalFlags },
  async run(flags, { operands, host, streams }) {
    const [path, ...others] = operands;
    if (others.length > 0) throw new UsageError('doctor takes one file', 'doctor');
    const request = {
      path,
      inputType: formatOf(flags.inputType, 'input-type', host),
      configPath: flags.config,
      keyServices: keyServiceChoice(flags),
      decryptionOrder: flags.decryptionOrder,
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
    const text = flags.json ? jsonText(found) : checkupText(found, painterFor(streams), flags.verbose);
    await writeAll(streams.stdout, text);
    return found.problems.length > 0 ? 1 : 0;
  },
});
