/** `helm downloader`: the content behind a `secrets://` URL, decrypted, for Helm to read as values. */

import { SopsError } from '../../errors.js';
import { findProgram } from '../../exec/find-program.js';
import type { OwnProcess } from '../../exec/process-access.js';
import { describeOutcome, runProgram } from '../../exec/run-program.js';
import { type RecognisedFile, recognise } from '../../formats/recognise.js';
import { formatMeantBy } from '../../formats/registry.js';
import { bytesOf } from '../../formats/store.js';
import { keyServicesOf } from '../../keyservice/services.js';
import { openFile, plainText } from '../../operations/read/open-file.js';
import type { Input } from '../../operations/requests.js';
import { trailOf } from '../../run/audit-trail.js';
import { openReadingRun } from '../../run/run.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { decodeText } from '../../util/text/text.js';
import { withKeyring } from '../imported-keys.js';
import { stringAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { checkAllowed } from './policy.js';
import { isHttp, type KeySource, parseSecretsUrl, type SecretsUrl } from './secrets-url.js';

/** What tells an encrypted file, whatever its format: both in one line, as helm-secrets has it. */
const [MARK, MARK_END] = ['mac', ',type:str]'];
const TIMEOUT = 30_000;

/** The plaintext; content that is not encrypted comes back as it is. Throws SopsError. */
export async function downloadSecrets(text: string, own: OwnProcess, host: Session): Promise<Uint8Array> {
  const url = parseSecretsUrl(text);
  checkAllowed(url, host);
  const bytes = url.literal ? Buffer.from(url.target) : await contentOf(url, host);
  if (url.backend === 'noop' || !isMarked(decodeText(bytes))) return bytes;
  const name = url.literal ? '' : url.target.replace(/[?#].*$/, '');
  const read = await inTarget(url, recognise(bytes, formatMeantBy(name)));
  return withKeysOf(url, own, host, (within) => inTarget(url, decrypt(read, url, bytes, within)));
}

function isMarked(text: string): boolean {
  return text.split('\n').some((line) => {
    const at = line.indexOf(MARK);
    return at >= 0 && line.includes(MARK_END, at + MARK.length);
  });
}

async function contentOf(url: SecretsUrl, host: Host): Promise<Uint8Array> {
  const { target, optional } = url;
  const mayLack = optional || host.env.HELM_SECRETS_IGNORE_MISSING_VALUES === 'true';
  if (isHttp(url)) return fetchContent(target, mayLack, host);
  try {
    return readFileSync(resolve(host.cwd, target));
  } catch (cause) {
    if (mayLack && isAbsent(cause)) return Buffer.alloc(0);
    const message = `Error reading file: ${target}: ${systemReason(cause)}`;
    throw new SopsError('input-unreadable', message, { file: target, cause });
  }
}

async function fetchContent(target: string, mayLack: boolean, host: Host): Promise<Uint8Array> {
  const { sendRequest } = await import('../../services/http/request.js');
  const url = new URL(target);
  const shown = `${url.origin}${url.pathname}`;
  const answer = await sendRequest({ method: 'GET', url, headers: {}, timeout: TIMEOUT }, host);
  if (answer.status === 200) return Buffer.from(answer.body);
  if (mayLack && answer.status === 404) return Buffer.alloc(0);
  throw new SopsError('input-unreadable', `${shown} answered with status ${answer.status}`, { file: shown });
}

/** Runs a task where the keys that the URL names are found, and no others of their kind. */
async function withKeysOf<T>(
  { keys }: SecretsUrl,
  own: OwnProcess,
  host: Session,
  task: (host: Session) => Promise<T>,
): Promise<T> {
  if (!keys) return task(host);
  const key = await readKey(keys.source, host);
  if (keys.type === 'gpg') return withKeyring([key], own, host, task);
  const { SOPS_AGE_KEY_FILE: _, SOPS_AGE_KEY_CMD: __, ...env } = host.env;
  return task(host.fork({ env: { ...env, SOPS_AGE_KEY: decodeText(key) } }));
}

async function readKey(source: KeySource, host: Host): Promise<Uint8Array> {
  if (source.kind === 'cluster') return keyOfCluster(source, host);
  try {
    return readFileSync(resolve(host.cwd, source.path));
  } catch (cause) {
    throw new SopsError('key', `cannot read the key: ${source.path}: ${systemReason(cause)}`, { cause });
  }
}

/** An entry of a Secret in the cluster, as kubectl gets it; it never touches the disk. */
async function keyOfCluster(source: KeySource & { kind: 'cluster' }, host: Host): Promise<Uint8Array> {
  const { namespace, name, key } = source;
  const shown = namespace === undefined ? name : `${namespace}/${name}`;
  const program = host.env.HELM_SECRETS_KUBECTL_PATH || 'kubectl';
  const file = await findProgram(program, host);
  if (file === null) throw new SopsError('key', `${program} is needed to get the Secret ${shown}, and is not on PATH`);
  const args = ['get', 'secret', ...(namespace === undefined ? [] : ['-n', namespace]), name, '-o', 'json'];
  const outcome = await runProgram({ file, args }, host);
  if (outcome.status !== 0) {
    const said = outcome.stderr.toString('utf8').trim().split('\n', 1)[0] || describeOutcome(outcome);
    throw new SopsError('key', `Couldn't get kubernetes secret ${shown}: ${said}`);
  }
  const [secret] = readManifests(outcome.stdout);
  const text = secret && stringAt(secret.root, 'data', key);
  const bytes = text === undefined ? null : decodeBase64(text);
  if (bytes) return bytes;
  throw new SopsError('key', `Couldn't find key ${JSON.stringify(key)} in kubernetes secret ${shown}`);
}

async function decrypt(read: RecognisedFile, url: SecretsUrl, bytes: Uint8Array, host: Session): Promise<Uint8Array> {
  const { target } = url;
  const input: Input = isLocal(url) ? { kind: 'file', path: target } : { kind: 'stdin', read: async () => bytes };
  if (isLocal(url)) await openReadingRun({ filePath: target }, host);
  const keyServices = keyServicesOf(undefined, host);
  const opened = await openFile(read, { ignoreMac: false, rewrites: false, keyServices, trail: trailOf(input, host) });
  for (const warning of opened.warnings) host.warn(warning);
  return bytesOf(opened.file, plainText(opened));
}

function isLocal(url: SecretsUrl): boolean {
  return !url.literal && !isHttp(url);
}

/** What a task gives; its error names the file. */
async function inTarget<T>(url: SecretsUrl, task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof SopsError && isLocal(url)) throw error.with(error.code, { file: url.target });
    throw error;
  }
}
