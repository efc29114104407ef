/** `ref+gkms://CIPHERTEXT`: what a key of Google Cloud KMS opens. */
import { SopsError } from '../../errors.js';
import { answerMembers } from '../../services/http/answer.js';
import { decodeText } from '../../util/text/text.js';
import { type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { ciphertextOfPath } from '../ciphertext-path.js';
import { askGoogle, checkedBytes, type GoogleService } from '../google-access.js';
import { yamlValues } from '../yaml-values.js';

const SERVICE: GoogleService = {
  title: 'Google Cloud KMS',
  name: 'cloudkms',
  variable: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS',
};

export const googleCiphertext: BackendKind = {
  open(parameters, context) {
    const key = keyNameOf(parameters, context);
    const text = async (path: string): Promise<string> => {
      const body = { ciphertext: ciphertextOfPath(path).toString('base64') };
      const answer = await askGoogle(
        SERVICE,
        { place: `the plaintext by ${key}`, path: `/v1/${key}:decrypt`, body },
        context,
      );
      return decodeText(checkedBytes(answerMembers(answer.body), ['plaintext', 'plaintextCrc32c'], 'the plaintext'));
    };
    return { text, values: async (path) => yamlValues(await text(path), 'the plaintext') };
  },
};

function keyNameOf(parameters: ReadonlyMap<string, string>, context: ReferenceContext): string {
  const part = (name: string): string => {
    const value = parameterOf(name, parameters, context) ?? '';
    if (/^[\w.:-]+$/.test(value) && /\w/.test(value)) return value;
    throw new SopsError('reference-malformed', `the parameter ${name} is needed, as Google Cloud KMS has it`, {
      hint: 'A key is named by project, location, keyring and crypto_key.',
    });
  };
  const [project, location] = [part('project'), part('location')];
  return `projects/${project}/locations/${location}/keyRings/${part('keyring')}/cryptoKeys/${part('crypto_key')}`;
}
