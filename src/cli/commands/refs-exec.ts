/** `refs exec`: a program with the values of a file of references in its environment, or of manifests on its standard input. */
import { Readable } from 'node:stream';
import {
  ALWAYS_GOOD,
  type KeptProgram,
  leaseVariables,
  orGivenBack,
  runKept,
} from '../../operations/programs/kept-run.js';
import {
  environmentRecord,
  inheritedVariables,
  locateProgram,
  notFound,
  type ProgramRequest,
} from '../../operations/programs/program.js';
import { statusOfSignal, untilSignalled } from '../../operations/programs/until-signalled.js';
import type { Input } from '../../operations/requests.js';
import { keptEnvironment } from '../../references/environment.js';
import { evaluateFile } from '../../references/evaluate.js';
import { ownProcess } from '../start/own-process.js';
import { readAll, type Streams } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { programFlags, programRequest } from './exec-flags.js';
import {
  allowRefFlag,
  endingOf,
  hostOf,
  keepingFlags,
  referenceFileFlag,
  referencesRequest,
  silentFlag,
} from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsExec = command({
  name: 'refs exec',
  task: 'references',
  summary: 'run a program with the values of a file of references in its environment, and nothing else in it',
  operands: '[-f file] -- program [argument...]',
  examples: [
    'sops-ts refs exec -i -f env.yaml -- node server.js',
    'sops-ts refs exec -i --stream-yaml manifests/ -- kubectl apply -f -',
  ],
  flags: {
    ...referenceFileFlag,
    inherit: flag.yesNo('inherit', 'pass on the environment, too', { short: 'i' }),
    streamYaml: flag.text('stream-yaml', {
      value: 'PATH',
      help: 'give it a file, or all YAML of a folder, with values in place of references, as its standard input',
      offers: 'files',
    }),
    ...allowRefFlag,
    keepKeys: programFlags.keepKeys,
    keepCredentials: flag.yesNo('keep-credentials', 'pass VAULT_TOKEN, AWS_SECRET_ACCESS_KEY and the like on, too'),
    onRotate: keepingFlags.onRotate,
    grace: keepingFlags.grace,
    leaseInfo: keepingFlags.leaseInfo,
    ...silentFlag,
    ...generalFlags,
  },
  async run(given, context) {
    const { file, streamYaml } = given;
    if (file === undefined && streamYaml === undefined) {
      throw new UsageError('refs exec needs -f FILE, or --stream-yaml PATH', 'refs exec');
    }
    if (context.operands.length === 0) throw new UsageError('name the program after --', 'refs exec');
    const host = hostOf(given, context);
    const choice = { kind: 'words', words: context.operands } as const;
    const program = await locateProgram(choice, host);
    const asked = { ...given, resolveRefs: true, redact: false, user: undefined, background: false };
    const requestWith = (streams: Streams): ProgramRequest => programRequest(asked, { ...context, streams }, choice);
    if (!program) return notFound(choice, requestWith(context.streams));
    const references = referencesRequest(given);
    const inputAt = inputsFrom(context.streams);
    const obtain = async (signal: AbortSignal): Promise<KeptProgram> => {
      const { variables, kept } = await (file === undefined
        ? { variables: new Map<string, string>(), kept: ALWAYS_GOOD }
        : keptEnvironment({ ...references, input: inputAt(file) }, host, signal));
      return orGivenBack(kept, async () => {
        const fed = streamYaml && (await evaluateFile({ ...references, input: inputAt(streamYaml) }, host));
        const request = requestWith(fed ? feeding(context.streams, fed) : context.streams);
        const inherited = given.inherit ? inheritedVariables(request, host) : [];
        const env = environmentRecord([...inherited, ...variables, ...leaseVariables(kept, request)]);
        return { run: { ...program, env, cwd: host.cwd, streams: request.streamsFor(undefined) }, values: kept };
      });
    };
    const { tellEnd } = requestWith(context.streams);
    const ending = endingOf(given, 'refs exec');
    const own = ownProcess();
    return runKept({ ...ending, tellEnd, obtain: () => untilSignalled(own, obtain) }, own, host).catch(statusOfSignal);
  },
});

/** Standard input is read once, also for a program that is started anew. */
function inputsFrom({ stdin }: Streams): (path: string) => Input {
  let bytes: Promise<Uint8Array> | undefined;
  const read = (): Promise<Uint8Array> => {
    bytes ??= readAll(stdin);
    return bytes;
  };
  return (path) => (path === '-' ? { kind: 'stdin', read } : { kind: 'file', path });
}

/** The same streams with another standard input. */
function feeding(streams: Streams, input: Uint8Array): Streams {
  return Object.create(streams, { stdin: { value: Readable.from([input]) }, areOwn: { value: false } });
}
