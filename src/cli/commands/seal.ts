/** `seal`: from flags to one of the ways of sealing. */
import { SopsError } from '../../errors.js';
import { parseScope } from '../../kubernetes/sealed-secrets/scope.js';
import type { ResealRequest, SealRequest } from '../../kubernetes/sealed-secrets/seal.js';
import { resealFile, sealInto, sealRaw, sealSecrets } from '../../kubernetes/sealed-secrets/seal.js';
import type { Output } from '../../operations/requests.js';
import type { FlagValues } from '../flag-values.js';
import { writeAll } from '../streams.js';
import type { Command, Invocation } from './command.js';
import { privateKeyFiles, readingFlags, singleInput } from './sealing-flags.js';

export const seal: Command = {
  async run(invocation) {
    const { values, host } = invocation;
    checkModes(values);
    const target = values.text('merge-into');
    if (values.isOn('re-encrypt')) await resealFile(resealRequest(invocation), host);
    else if (values.isOn('raw')) await sealRaw(sealRequest(invocation), host);
    else if (target === undefined) await sealSecrets(sealRequest(invocation), host);
    else await sealInto({ ...sealRequest(invocation), target, prune: values.isOn('prune') }, host);
    return 0;
  },
};

/** Throws `conflict` for ways of sealing that exclude each other, and for flags without the way they belong to. */
function checkModes(values: FlagValues): void {
  const modes = ['re-encrypt', 'raw', 'merge-into'].filter(
    (name) => values.isOn(name) || values.text(name) !== undefined,
  );
  const [first, second] = modes;
  if (second !== undefined) throw new SopsError('conflict', `Error: cannot use both --${first} and --${second}`);
  if (values.isOn('prune') && first !== 'merge-into') {
    throw new SopsError('conflict', 'Error: --prune belongs to --merge-into');
  }
  if (privateKeyFiles(values).paths.length > 0 && first !== 're-encrypt') {
    throw new SopsError('conflict', 'Error: sealing needs no private key: --private-key belongs to --re-encrypt');
  }
}

function sealRequest(invocation: Invocation): SealRequest {
  const { values } = invocation;
  return {
    ...sealingOf(invocation),
    name: values.text('name'),
    policy: values.isOn('yaml11') ? 'yaml11' : 'refuse',
    allowEmptyData: values.isOn('allow-empty-data'),
    ...readingFlags(invocation),
  };
}

function resealRequest(invocation: Invocation): ResealRequest {
  const privateKeys = privateKeyFiles(invocation.values);
  if (privateKeys.paths.length === 0) {
    throw new SopsError('usage', 'Incorrect Usage: --re-encrypt needs the private key that opens the input', {
      hint: 'Name its file with --private-key FILE.',
    });
  }
  return { ...sealingOf(invocation), privateKeys };
}

function sealingOf(invocation: Invocation): Omit<ResealRequest, 'privateKeys'> {
  const { values, streams } = invocation;
  const scope = values.text('scope');
  const path = values.text('sealed-secret-file');
  const output: Output =
    path === undefined ? { kind: 'stdout', write: (bytes) => writeAll(streams.stdout, bytes) } : { kind: 'file', path };
  return {
    input: singleInput(invocation, 'seal'),
    output,
    certificate: { certificate: values.text('cert'), controller: values.text('fetch-from') },
    flags: {
      scope: scope === undefined ? undefined : parseScope(scope),
      name: values.text('name'),
      namespace: values.text('namespace'),
    },
    form: values.text('format'),
  };
}
