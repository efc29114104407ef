/** `ref+gcpsecrets://PROJECT/NAME`: Google Secret Manager. */
import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers } from '../../services/http/answer.js';
import { decodeText } from '../../util/text/text.js';
import { type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { isParameterTrue } from '../boolean-parameter.js';
import { askGoogle, checkedBytes, GoogleRefusal, type GoogleService } from '../google-access.js';
import { yamlValues } from '../yaml-values.js';

const TITLE = 'Google Secret Manager';
const VARIABLE = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER';

export const googleSecrets: BackendKind = {
  open(parameters, context) {
    const reading = readingOf(parameters, context);
    const text = async (path: string): Promise<string> => {
      const secret = secretIn(path, context);
      const { instead } = reading;
      const found = await access(secret, reading, context).catch((error: unknown) => {
        if (instead === undefined || !isRefused(error)) throw error;
        return instead;
      });
      return reading.isTrimmed ? found.replace(/\n$/, '') : found;
    };
    return { text, values: async (path) => yamlValues(await text(path), `the secret ${path}`) };
  },
};

interface SecretReading {
  readonly version: string;
  /** Where the service is asked instead of at its one address for all; empty for there. */
  readonly location: string;
  /** What stands for a secret that cannot be had. */
  readonly instead: string | undefined;
  /** Without a line break at its end. */
  readonly isTrimmed: boolean;
}

function readingOf(parameters: ReadonlyMap<string, string>, context: ReferenceContext): SecretReading {
  const version = parameterOf('version', parameters, context) ?? 'latest';
  const location = parameterOf('location', parameters, context) ?? '';
  if (!/^[\w-]{1,63}$/.test(version)) {
    throw new SopsError('reference-malformed', 'version is a number, an alias, or latest');
  }
  // It becomes part of the host that gets the token.
  if (!/^[a-z0-9-]*$/.test(location)) throw new SopsError('reference-malformed', 'location is one of Google Cloud');
  const isOptional = isParameterTrue('optional', parameters, context);
  return {
    version,
    location,
    instead: isOptional ? '' : (parameters.get('fallback_value') ?? context.host.env.VALS_FALLBACK_VALUE),
    isTrimmed: isParameterTrue('trim_nl', parameters, context),
  };
}

interface GoogleSecretName {
  readonly project: string;
  readonly name: string;
}

function secretIn(path: string, { host }: ReferenceContext): GoogleSecretName {
  const [first = '', second, ...rest] = path.split('/');
  const project = second === undefined ? (host.env.GCP_PROJECT ?? '') : first;
  const name = second ?? first;
  if (project === '') {
    throw new SopsError('reference-malformed', 'no project is named', {
      hint: 'Write gcpsecrets://PROJECT/NAME, or set GCP_PROJECT.',
    });
  }
  if (rest.length === 0 && /^[\w-]{1,255}$/.test(name) && /^[\w.:-]+$/.test(project) && /\w/.test(project)) {
    return { project, name };
  }
  throw new SopsError('reference-malformed', 'a secret is named PROJECT/NAME, or NAME with GCP_PROJECT');
}

async function access(
  { project, name }: GoogleSecretName,
  { version, location }: SecretReading,
  context: ReferenceContext,
): Promise<string> {
  const host = location === '' ? 'secretmanager' : `secretmanager.${location}.rep`;
  const service: GoogleService = { title: TITLE, name: host, variable: VARIABLE };
  const below = location === '' ? '' : `/locations/${location}`;
  const place = `projects/${project}${below}/secrets/${name}/versions/${version}`;
  const { body } = await askGoogle(service, { place, path: `/v1/${place}:access` }, context);
  const payload = objectMembers(answerMembers(body)?.get('payload'));
  return decodeText(checkedBytes(payload, ['data', 'dataCrc32c'], place));
}

/** What is not there, or may not be read. A service that is out of reach, or does not know who asks, says nothing of either. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof SopsError)) return false;
  return error.code === 'reference-not-found' || (error.cause instanceof GoogleRefusal && error.cause.status === 403);
}
