/** `ref+op://VAULT/ITEM/FIELD`: 1Password, read by its own program `op`. */
import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import { keysTakenOut } from '../../exec/key-variables.js';
import { describeOutcome, runProgram, startReason } from '../../exec/run-program.js';
import { serviceWords } from '../../services/http/answer.js';
import { decodeText } from '../../util/text/text.js';
import { waitFor } from '../../util/waiting/timeout.js';
import type { BackendKind, ReferenceContext } from '../backend.js';

const PROGRAM = 'op';
/** What `op` says of what is not there, and of a network that is not. */
const ABSENT =
  /isn't an? (?:item|vault|field|section)|could not (?:find|resolve)|does not have a field|no item matched/i;
const UNREACHABLE =
  /dial tcp|no such host|timeout|timed out|connection refused|network|status code: 5\d\d|temporarily/i;

export const onePassword: BackendKind = {
  open: (_, context) => ({
    text: (path) => read(path, context),
    values: async () => {
      throw new SopsError('reference-malformed', 'a field of 1Password is a text, and #/KEY leads nowhere', {
        hint: 'Write the field as the last step of the path: ref+op://VAULT/ITEM/FIELD',
      });
    },
  }),
};

async function read(path: string, { host, signal: ending }: ReferenceContext): Promise<string> {
  const steps = path.split('/');
  if (steps.length < 3 || steps.length > 4 || steps.includes('')) {
    throw new SopsError(
      'reference-malformed',
      'op:// must be followed by VAULT/ITEM/FIELD or VAULT/ITEM/SECTION/FIELD',
    );
  }
  const file = await findProgram(PROGRAM, host);
  if (!file) {
    throw new SopsError('store-unreachable', 'the program op, by which 1Password is read, is not on PATH', {
      hint: "Install 1Password's command line program, and log in or set OP_SERVICE_ACCOUNT_TOKEN.",
    });
  }
  const args = ['read', '--no-newline', `op://${path}`];
  const outcome = await waitFor({ who: PROGRAM, telling: 'both' }, host, (late) =>
    runProgram(
      { file, args, env: keysTakenOut(host.env), signal: ending ? AbortSignal.any([late, ending]) : late },
      host,
    ),
  ).catch((error: unknown) => {
    if (error instanceof SopsError) throw error.with('store-unreachable');
    throw new SopsError('store-unreachable', `op cannot be started: ${startReason(error)}`, { cause: error });
  });
  if (outcome.status === 0) return decodeText(outcome.stdout);
  const said = serviceWords(decodeText(outcome.stderr), [host.env.OP_SERVICE_ACCOUNT_TOKEN ?? '']);
  const reason = said === '' ? describeOutcome(outcome) : said;
  throw new SopsError(codeOf(said), `1Password does not give ${path}: ${reason}`, { hint: HINT });
}

const HINT = 'See: op whoami; in programs without a person set OP_SERVICE_ACCOUNT_TOKEN.';

/** The program has one exit status for all. */
function codeOf(said: string): 'reference-not-found' | 'store-unreachable' | 'store-denied' {
  if (ABSENT.test(said)) return 'reference-not-found';
  return UNREACHABLE.test(said) ? 'store-unreachable' : 'store-denied';
}
