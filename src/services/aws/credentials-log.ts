/** Why the AWS SDK finds no credentials: it tells its logger what it tried, and its caller only that nothing helped. */
import { SopsError } from '../../errors.js';
import { isError } from '../../util/realms.js';
import { serviceWords } from '../http/answer.js';
import { awsFailure } from './failure.js';
import { flawOf, type ReadFiles } from './profiles.js';

/** How the SDK tells of an error in its search, before the message. */
const TRIED = /^@smithy\/property-provider (?:->|\(!\)) (.*)$/s;
/** What is no trouble, only the way to the next place. */
const NO_TROUBLE =
  /skipping|^Web identity configuration not|did not contain credential_process|could not be found in shared credentials file|Metadata|^Could not load credentials from any providers/i;
/** The profile has nothing, is not there, or has what cannot be used. */
const NOTHING = /^Could not resolve credentials using profile/;

/** The logger of a client's settings. Nothing that it is told is printed. */
export class CredentialsLog {
  readonly #tried: string[] = [];

  /** The profile in force, and whether the user chose it. */
  constructor(
    readonly profile: string,
    readonly isChosen: boolean,
    private readonly files: ReadFiles,
  ) {}

  debug = (...said: unknown[]): void => {
    const reason = typeof said[0] === 'string' ? TRIED.exec(said[0])?.[1] : undefined;
    if (reason !== undefined && !NO_TROUBLE.test(reason)) this.#tried.push(reason);
  };
  info = (): void => undefined;
  warn = (): void => undefined;
  error = (): void => undefined;

  /** What was wrong with the profile, if `error` broke the search off or told nothing; undefined when nothing was set up at all. */
  async troubleBehind(error: unknown): Promise<string | undefined> {
    const flaw = await flawOf(this.profile, this.files);
    if (flaw !== undefined) return flaw;
    const reason = this.#tried.find((one) => !NOTHING.test(one));
    if (reason !== undefined) return worded(reason);
    if (!isNothingFound(error)) return awsFailure('', error).message.replace(/^: /, '');
    return this.isChosen ? 'it has neither keys nor a role, single sign-on or process' : undefined;
  }
}

/** A command of the user's may hold secrets, so only what it said is told. */
function worded(reason: string): string {
  const [first = '', ...rest] = reason.split('\n');
  if (!/^Command failed/.test(first)) return serviceWords(reason);
  const said = rest.join(' ').trim();
  return `its credential_process failed${said === '' ? '' : `: ${serviceWords(said)}`}`;
}

/** The error for credentials that were not found: with the profile, and what is wrong with it. */
export async function noCredentials(doing: string, error: unknown, log: unknown): Promise<SopsError> {
  const known = log instanceof CredentialsLog && !(error instanceof SopsError) ? log : undefined;
  const trouble = await known?.troubleBehind(error);
  if (!known || trouble === undefined) return awsFailure(doing, error);
  const { profile } = known;
  return new SopsError('key', `${doing}: the AWS profile ${JSON.stringify(profile)} gives no credentials: ${trouble}`, {
    hint: stepFor(profile, trouble),
    cause: error,
  });
}

function stepFor(profile: string, trouble: string): string {
  const others = 'or choose another profile with AWS_PROFILE.';
  if (/SSO session|aws sso login/i.test(trouble))
    return `Run aws sso login --profile ${JSON.stringify(profile)}, ${others}`;
  return `Mend that profile in ~/.aws/config (aws sts get-caller-identity tries it), ${others}`;
}

/** Whether the search came to its end, instead of breaking off. */
function isNothingFound(error: unknown): boolean {
  return isError(error) && /^(?:CredentialsProvider|TokenProvider)Error$/.test(error.name);
}
