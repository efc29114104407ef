/** `ref+vault://MOUNT/PATH#/KEY` and `ref+openbao://…`: HashiCorp Vault and OpenBao, KV of both versions and dynamic secrets. */
import { SopsError } from '../../errors.js';
import { readJson } from '../../formats/json/read.js';
import { objectMembers, textMember } from '../../services/http/answer.js';
import type { ServiceCall } from '../../services/service-call.js';
import { readVault, type VaultAnswer, type VaultServer, writeVault } from '../../services/vault/api.js';
import { isGenerated, isMadeByWriting } from '../../services/vault/engines.js';
import { renewSecret, revokeSecret } from '../../services/vault/lending.js';
import { type Branch, branch, itemOf } from '../../tree/tree.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { decodeText } from '../../util/text/text.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import { type Backend, type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { sshCertificateEnd } from '../ssh-certificate.js';
import { textOfValue } from '../value-text.js';
import { ReferencedVault } from '../vault-access.js';

export const vault: BackendKind = { open: (parameters, context) => new VaultReader(parameters, context) };

/** OpenBao's client reads its own variables before Vault's. */
export const openbao: BackendKind = {
  open(parameters, context) {
    const env = { ...context.host.env };
    for (const [name, value] of Object.entries(context.host.env)) {
      if (name.startsWith('BAO_') && value) env[`VAULT_${name.slice('BAO_'.length)}`] = value;
    }
    return new VaultReader(parameters, { ...context, host: context.host.fork({ env }) });
  },
};

interface Mount {
  /** Without a slash at its end; empty when the server does not tell. */
  readonly path: string;
  readonly version: 1 | 2;
}

class VaultReader implements Backend {
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #context: ReferenceContext;
  readonly #call: ServiceCall;
  #secrets = new LastingAnswers<Branch>();
  /** What was lent, by its place. */
  readonly #lent = new Map<string, Branch>();
  readonly #mounts = new Map<string, Promise<Mount>>();
  #server: Promise<VaultServer> | undefined;
  /** Whether a parameter that counts nothing was told. */
  #hasTold = false;

  constructor(parameters: ReadonlyMap<string, string>, context: ReferenceContext) {
    this.#parameters = parameters;
    this.#context = context;
    this.#call = { host: context.host, signal: context.signal };
  }

  /** The last step of the path is a field of the secret that the others lead to. */
  async text(path: string): Promise<string> {
    const [place, field] = splitLast(path);
    const secret = await this.#secretAt(place);
    const found = itemOf(secret, field);
    if (!found) throw new SopsError('reference-not-found', `the secret ${place} has no field ${field}`);
    const text = found.value.kind === 'leaf' ? textOfValue(found.value) : undefined;
    if (text === undefined) {
      throw new SopsError('reference-not-found', `the field ${field} of ${place} is not text`, {
        hint: `Let it be the whole value, written ${place}#/${field}.`,
      });
    }
    return this.#decoded(text);
  }

  values(path: string): Promise<Branch> {
    if (this.#parameters.get('decode') === 'base64' && !this.#hasTold) {
      this.#hasTold = true;
      this.#context.host.warn(
        '?decode=base64 counts without #/KEY alone, as in vals: write the key as the last step of the path',
      );
    }
    return this.#secretAt(path);
  }

  /** Read once for all of its fields: credentials that are made for every reading would not fit each other. */
  #secretAt(path: string): Promise<Branch> {
    const steps = path.split('/').filter((step) => step !== '');
    if (steps.some((step) => step === '.' || step === '..')) {
      throw new SopsError('reference-malformed', 'a path of Vault has no steps . and ..');
    }
    const place = steps.join('/');
    const lent = this.#lent.get(place);
    return lent ? Promise.resolve(lent) : this.#secrets.get(place, () => this.#read(place));
  }

  forget(): void {
    this.#secrets = new LastingAnswers();
  }

  #own(name: string): string | undefined {
    return parameterOf(name, this.#parameters, this.#context);
  }

  #decoded(text: string): string {
    const decode = this.#own('decode') ?? 'raw';
    if (decode === 'raw') return text;
    if (decode === 'base64') return decodedText(text);
    throw new SopsError('reference-malformed', 'decode is base64 or raw');
  }

  async #read(place: string): Promise<Branch> {
    this.#server ??= new ReferencedVault(this.#parameters, this.#context).connect();
    const server = await this.#server;
    const mount = await this.#mountOf(place, server);
    const isVersioned = mount.version === 2;
    const below = place.slice(mount.path.length).replace(/^\//, '');
    const path = isVersioned ? `${mount.path}/data/${below}` : place;
    const version = this.#own('version');
    if (!isVersioned && this.#parameters.has('version')) {
      throw new SopsError('reference-not-found', `there are no versions at ${place}`, {
        hint: 'Key and value of version 2 alone has them: leave out ?version=.',
      });
    }
    const query = version === undefined || !isVersioned ? {} : { query: { version } };
    const answer = await this.#answer(server, path, query);
    if (!answer) {
      const what = isVersioned && version !== undefined ? `no version ${version} of a secret` : 'no secret';
      throw new SopsError('reference-not-found', `Vault has ${what} at ${place}`, { hint: hintOf(place) });
    }
    if (isVersioned) return versionedData(answer, place);
    const data = dataOf(answer) ?? branch();
    if (this.#lend(answer, place, server) || isMadeByWriting(path)) this.#lent.set(place, data);
    return data;
  }

  /** What makes a thing on each call takes no GET. */
  async #answer(
    server: VaultServer,
    path: string,
    query: { query?: Record<string, string> },
  ): Promise<VaultAnswer | null> {
    const call = { ...this.#call, isOnce: isGenerated(path) };
    if (!isMadeByWriting(path)) return readVault(server, path, { ...call, ...query });
    const body: Record<string, string> = {};
    for (const [name, value] of this.#parameters) if (!KNOWN.has(name)) body[name] = value;
    return writeVault(server, path, body, call);
  }

  async #mountOf(place: string, server: VaultServer): Promise<Mount> {
    const key = place.split('/', 1)[0] ?? '';
    // Deeper mounts than one step share their first step with others: each path is asked for, then.
    const asking = this.#mounts.get(key);
    if (asking) {
      const known = await asking;
      if (isBelow(place, known.path)) return known;
    }
    const asked = askForMount(place, server, this.#call);
    this.#mounts.set(key, asked);
    return asked;
  }

  /** Hands on what has to be renewed and given back, or ends at its time. */
  #lend(answer: VaultAnswer, place: string, server: VaultServer): boolean {
    const { members } = answer;
    const id = textMember(members, 'lease_id');
    if (id === undefined) return isGenerated(place) && this.#lendCertificate(answer, `${place} of ${server.address}`);
    const duration = members.get('lease_duration');
    this.#context.leases?.add({
      called: `${place} of ${server.address}`,
      id,
      duration: typeof duration === 'number' ? duration : 0,
      isRenewable: members.get('renewable') === true,
      renew: (seconds, signal) => renewSecret(server, id, seconds, { host: this.#context.host, signal }),
      revoke: (signal) => revokeSecret(server, id, { host: this.#context.host, signal }),
    });
    return true;
  }

  /** Certificates are no leases of Vault's, but end as they do; `expiration` is in seconds since 1970. */
  #lendCertificate({ members, at }: VaultAnswer, called: string): boolean {
    const data = objectMembers(members.get('data'));
    const id = textMember(data, 'serial_number');
    const end = data?.get('expiration') ?? sshCertificateEnd(textMember(data, 'signed_key') ?? '');
    if (id === undefined || typeof end !== 'number') return false;
    const duration = Math.max(end - at / 1000, 1);
    const renew = async (): Promise<number> => 0;
    this.#context.leases?.add({ called: `the certificate ${called}`, id, duration, isRenewable: false, renew });
    return true;
  }
}

/** The parameters that are not for what makes a thing. */
const KNOWN = new Set(
  'address host proto namespace token_env token_file auth_method role_id secret_id username password_env password_file version decode'.split(
    ' ',
  ),
);

async function askForMount(place: string, server: VaultServer, call: ServiceCall): Promise<Mount> {
  const answer = await readVault(server, `sys/internal/ui/mounts/${place}`, call);
  const data = objectMembers(answer?.members.get('data'));
  const path = (textMember(data, 'path') ?? '').replace(/\/$/, '');
  const version = textMember(objectMembers(data?.get('options')), 'version') === '2' ? 2 : 1;
  return { path, version };
}

function isBelow(place: string, mount: string): boolean {
  return mount !== '' && `${place}/`.startsWith(`${mount}/`);
}

/** The values of an answer, exact to the last digit. */
function dataOf({ body }: VaultAnswer): Branch | undefined {
  const data = itemOf(readJson(body).root, 'data')?.value;
  return data?.kind === 'branch' ? data : undefined;
}

/** Throws `reference-not-found` for a version that was deleted. */
function versionedData(answer: VaultAnswer, place: string): Branch {
  const outer = dataOf(answer);
  const data = outer && itemOf(outer, 'data')?.value;
  if (data?.kind === 'branch') return data;
  const metadata = objectMembers(objectMembers(answer.members.get('data'))?.get('metadata'));
  const what = metadata?.get('destroyed') === true ? 'destroyed' : 'deleted';
  throw new SopsError(
    'reference-not-found',
    `the version ${String(metadata?.get('version') ?? '')} of the secret ${place} was ${what}`,
    {
      hint:
        what === 'deleted'
          ? 'Bring it back with vault kv undelete, or read another with ?version=N.'
          : 'Read another with ?version=N.',
    },
  );
}

function decodedText(text: string): string {
  const bytes = decodeBase64(text.trim());
  if (!bytes) throw new SopsError('reference-malformed', 'the field is not base64, which decode=base64 wants');
  return decodeText(bytes);
}

function splitLast(path: string): [place: string, field: string] {
  const at = withoutTrailing(path, '/').lastIndexOf('/');
  if (at > 0) return [path.slice(0, at), path.slice(at + 1)];
  throw new SopsError(
    'reference-malformed',
    'vault:// must be followed by a mount, a path and a field: vault://MOUNT/PATH/FIELD or vault://MOUNT/PATH#/FIELD',
  );
}

function hintOf(place: string): string {
  return /(?:^|\/)data\//.test(place)
    ? 'Leave out data/ of the path: it belongs to the API, not to the name.'
    : 'See the path, the namespace and what the token may read.';
}
