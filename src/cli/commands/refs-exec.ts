/** `refs exec`: a program with the values of a file of references in its environment. */
import {
  environmentRecord,
  inheritedVariables,
  locateProgram,
  notFound,
  runToEnd,
} from '../../operations/programs/program.js';
import { referencedEnvironment } from '../../references/environment.js';
import { sessionOf } from '../../util/session.js';
import { flag } from '../flag.js';
import { ownProcess } from '../own-process.js';
import { UsageError } from '../usage-error.js';
import { command } from './command.js';
import { programFlags, programRequest } from './exec-flags.js';
import { allowRefFlag, referenceFileFlag, referencesRequest } from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsExec = command({
  name: 'refs exec',
  task: 'references',
  summary: 'run a program with the values of a file of references in its environment, and nothing else in it',
  operands: '-f file -- program [argument...]',
  examples: ['sops-ts refs exec -i -f env.yaml -- node server.js'],
  flags: {
    ...referenceFileFlag,
    inherit: flag.yesNo('inherit', 'pass on the environment, too', { short: 'i' }),
    ...allowRefFlag,
    keepKeys: programFlags.keepKeys,
    keepCredentials: flag.yesNo('keep-credentials', 'pass VAULT_TOKEN, AWS_SECRET_ACCESS_KEY and the like on, too'),
    ...generalFlags,
  },
  async run(given, context) {
    if (given.file === undefined) throw new UsageError('refs exec needs -f FILE', 'refs exec');
    if (context.operands.length === 0) throw new UsageError('name the program behind --', 'refs exec');
    const host = sessionOf(context.host);
    const request = programRequest(
      { ...given, resolveRefs: true, redact: false, user: undefined, background: false },
      context,
      { kind: 'words', words: context.operands },
    );
    const program = await locateProgram(request.program, host);
    if (!program) return notFound(request.program, request);
    const input = { kind: 'file', path: given.file } as const;
    const variables = await referencedEnvironment({ ...referencesRequest(given), input }, host);
    const env = environmentRecord([...(given.inherit ? inheritedVariables(request, host) : []), ...variables]);
    const run = { ...program, env, cwd: host.cwd, streams: request.streamsFor(undefined) };
    return runToEnd(() => run, request, ownProcess());
  },
});
