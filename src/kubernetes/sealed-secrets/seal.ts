/** `seal`: Secrets, single values and SealedSecrets, sealed for a controller. */
import type { KeyObject } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { type OutputTarget, writeOutput } from '../../operations/output.js';
import { checkExists, readInput, rereadable } from '../../operations/read/input.js';
import type { PlainRequest } from '../../operations/read/plain-input.js';
import type { Input, Output } from '../../operations/requests.js';
import { redoing } from '../../operations/retry-on-change.js';
import type { Branch } from '../../tree/tree.js';
import { resolve } from '../../util/files/paths.js';
import { realPath } from '../../util/files/real-path.js';
import type { Host, Session } from '../../util/host/host.js';
import { readManifests } from '../manifest/read.js';
import { type BindingFlags, bindingForMerge, bindingForReseal, bindingOf, bindingOfFlags } from './binding.js';
import { type CertificateChoice, loadCertificate } from './certificate-source.js';
import { readPlaintext, readSecrets, type SecretInput } from './input.js';
import { mergeInto, resealed } from './merge.js';
import { formFor, printSealed } from './print.js';
import { type PrivateKeyFiles, readPrivateKeys } from './private-keys.js';
import { labelOf } from './scope.js';
import { readSealedSecret, sealedSecretOf } from './sealed-secret.js';
import type { SecretContent } from './secret-content.js';
import { openAll } from './unseal.js';
import { sealValue } from './value.js';

interface Sealing {
  readonly certificate: CertificateChoice;
  readonly flags: BindingFlags;
  readonly output: Output;
  /** `yaml` or `json`; undefined for the target's own, else YAML. */
  readonly form: string | undefined;
}

export interface SealRequest extends SecretInput, Sealing {
  /** Seals a Secret without values, too. */
  readonly allowEmptyData: boolean;
}

export interface MergeRequest extends SealRequest {
  /** The file whose SealedSecret gets the values. */
  readonly target: string;
  /** Removes the values of the target that the input does not have. */
  readonly prune: boolean;
}

export type RawRequest = PlainRequest & Sealing;

export interface ResealRequest extends Sealing {
  readonly input: Input;
  readonly privateKeys: PrivateKeyFiles;
}

/** Seals every Secret of the input. Nothing is written unless all could be sealed. Throws SopsError. */
export async function sealSecrets(request: SealRequest, host: Session): Promise<void> {
  const form = formFor(request.form, pathOf(request.output));
  checkSourceStays(request, host);
  const { publicKey } = await loadCertificate(request.certificate, host);
  const secrets = await readSecrets(request, host);
  const roots = secrets.map((secret) => {
    checkNotEmpty(secret, request);
    return sealedSecretOf(secret, bindingOf(secret, request.flags), publicKey);
  });
  await writeSealed(printSealed(roots, form, true), { ...request, read: null }, host);
}

/** Seals the values of one Secret into a SealedSecret that is there already. Throws SopsError; the file is intact then. */
export async function sealInto(request: MergeRequest, host: Session): Promise<void> {
  const { publicKey } = await loadCertificate(request.certificate, host);
  const input: Input = { kind: 'file', path: request.target };
  await checkExists(input, host);
  const source = { ...request, input: rereadable(request.input), isPart: true };
  const output: Output = request.output.kind === 'stdout' ? input : request.output;
  await redoing(async () => {
    const { roots, form, read } = await transformSealed(input, request, host, async (target, only) => {
      if (!only) throw new SopsError('conflict', `${request.target}: --merge-into needs a file with one SealedSecret`);
      const secrets = await readSecrets({ ...source, name: request.name ?? target.binding.name }, host);
      const [secret, ...others] = secrets;
      if (!secret || others.length > 0) {
        throw new SopsError('conflict', `--merge-into takes one Secret, and the input holds ${secrets.length}`);
      }
      checkNotEmpty(secret, request);
      const binding = bindingForMerge(secret, target, request.flags);
      return mergeInto({ target, secret, binding, prune: request.prune }, publicKey);
    });
    await writeSealed(printSealed(roots, form, false), { output, input, read }, host);
  });
}

/** Seals the plaintext of the input as one value, printed without a line end. Throws SopsError. */
export async function sealRaw(request: RawRequest, host: Session): Promise<void> {
  const binding = bindingOfFlags(request.flags);
  checkSourceStays(request, host);
  const { publicKey } = await loadCertificate(request.certificate, host);
  const plaintext = await readPlaintext(request, host);
  const sealed = sealValue(plaintext, labelOf(binding.scope, binding), publicKey);
  await writeSealed(sealed, { ...request, read: null }, host);
}

/** Opens SealedSecrets and seals them for another certificate, name or scope. The plaintext stays in memory. Throws SopsError. */
export async function resealSealedSecrets(request: ResealRequest, host: Session): Promise<void> {
  const { publicKey } = await loadCertificate(request.certificate, host);
  const keys: readonly KeyObject[] = await readPrivateKeys(request.privateKeys, host);
  await checkExists(request.input, host);
  await redoing(async () => {
    const { roots, form, read } = await transformSealed(request.input, request, host, async (sealed) => {
      if (sealed.blob !== undefined) throw oldForm(sealed.described);
      return resealed(sealed, openAll(sealed, keys), bindingForReseal(sealed, request.flags), publicKey);
    });
    await writeSealed(printSealed(roots, form, false), { ...request, read }, host);
  });
}

function oldForm(described: string): SopsError {
  return new SopsError('document-invalid', `${described}: spec.data is the old form and cannot be re-encrypted`, {
    hint: 'Unseal it and seal the Secret again.',
  });
}

type Change = (sealed: ReturnType<typeof readSealedSecret>, isOnly: boolean) => Promise<Branch>;

/** Reads the SealedSecrets of a file and changes each. The form stays the file's own unless another is asked for. */
async function transformSealed(
  input: Input,
  { form, output, flags }: Sealing,
  host: Host,
  change: Change,
): Promise<{ roots: Branch[]; form: 'yaml' | 'json'; read: Uint8Array }> {
  const bytes = await readInput(input, host);
  const file = pathOf(input);
  const manifests = readManifests(bytes, { file });
  if (manifests.length === 0) {
    throw new SopsError('document-invalid', 'the input holds no SealedSecret', file === undefined ? {} : { file });
  }
  const own = bytes[Buffer.from(bytes).toString('latin1').search(/\S/)] === 0x7b ? 'json' : 'yaml';
  const roots: Branch[] = [];
  for (const manifest of manifests) {
    roots.push(await change(readSealedSecret(manifest, flags.namespace), manifests.length === 1));
  }
  return { roots, form: formFor(form ?? own, pathOf(output)), read: bytes };
}

/** Whoever can seal may not be able to open: a source that was overwritten would be lost. */
function checkSourceStays({ input, output }: RawRequest, host: Host): void {
  const [from, to] = [pathOf(input), pathOf(output)].map((path) => path && realPath(resolve(host.cwd, path)));
  if (from === undefined || from !== to) return;
  throw new SopsError('conflict', 'the result would take the place of its own source', {
    file: pathOf(input) ?? '',
    hint: 'Sealed values open in the cluster alone: write them to a file of their own.',
  });
}

function checkNotEmpty({ values, described }: SecretContent, { allowEmptyData }: SealRequest): void {
  if (values.size > 0 || allowEmptyData) return;
  throw new SopsError(
    'document-invalid',
    'secret.data is empty in input Secret, assuming this is an error and aborting. To work with empty data, --allow-empty-data can be used',
    { hint: `It is ${described}.` },
  );
}

async function writeSealed(text: string, destination: OutputTarget, host: Host): Promise<void> {
  await writeOutput(Buffer.from(text), 'ciphertext', destination, host);
}

function pathOf(place: Input | Output): string | undefined {
  return place.kind === 'file' ? place.path : undefined;
}
