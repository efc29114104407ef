/** The KV engines, versions 1 and 2, of HashiCorp Vault and OpenBao (docs/publish.md#vault-kv). */
import { SopsError } from '../errors.js';
import { answerMembers, objectMembers } from '../services/http/answer.js';
import type { HttpResponse } from '../services/http/request.js';
import { sendToVault, vaultRefusal } from '../services/vault/client.js';
import { readSettings, type VaultSettings } from '../services/vault/settings.js';
import type { Session } from '../util/host/host.js';
import type { PlainValues, PutResult, Remote, RemoteSettings } from './remote.js';

const DEFAULT_ADDRESS = 'https://127.0.0.1:8200';
const DEFAULT_MOUNT = 'secret';
const MISMATCH = 'check-and-set parameter did not match the current version';

export const vaultKv: Remote<PlainValues> = {
  open(settings, host, { managedBy }) {
    const engine = engineOf(settings);
    // Whoever publishes has seen to it that the user trusts the one that is named.
    const named = settings.get('vault_address');
    const address = named ?? (host.env.VAULT_ADDR || DEFAULT_ADDRESS);
    return {
      url: (name) => `${address}/v1/${engine.pathOf(name).join('/')}`,
      put(name, values) {
        const place = { address, viaAgent: named === undefined, segments: engine.pathOf(name) };
        return new Secret({ ...place, metadata: engine.metadataOf(name), managedBy }, engine.version, host).put(values);
      },
    };
  },
};

interface Engine {
  readonly version: 1 | 2;
  /** The segments below `/v1/`. */
  pathOf(name: string): string[];
  /** Of the metadata of version 2. */
  metadataOf(name: string): string[];
}

function engineOf(settings: RemoteSettings): Engine {
  const version = settings.get('vault_kv_version') === '1' ? 1 : 2;
  const mount = segmentsOf(settings.get('vault_kv_mount_name') ?? DEFAULT_MOUNT);
  const path = segmentsOf(settings.get('vault_path') ?? '');
  const wrong = [...mount, ...path].find((segment) => segment === '.' || segment === '..');
  if (wrong !== undefined || mount.length === 0) {
    throw new SopsError('config', 'vault_kv_mount_name and vault_path are not a path of a secret', {
      hint: 'A mount is needed, and segments . and .. have no place there.',
    });
  }
  const data = version === 2 ? ['data'] : [];
  const below = (name: string): string[] => [...path, ...segmentsOf(name)];
  return {
    version,
    pathOf: (name) => [...mount, ...data, ...below(name)],
    metadataOf: (name) => [...mount, 'metadata', ...below(name)],
  };
}

/** Slashes too many make no difference to Vault's client. */
function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** What a reading found. */
interface Found {
  /** KV 2: the version to replace, 0 for none; undefined when it is not known. */
  readonly version: number | undefined;
  readonly isSame: boolean;
}

interface SecretPlace {
  readonly address: string;
  readonly viaAgent: boolean;
  readonly segments: readonly string[];
  readonly metadata: readonly string[];
  readonly managedBy: string | undefined;
}

class Secret {
  constructor(
    private readonly place: SecretPlace,
    private readonly version: 1 | 2,
    private readonly host: Session,
  ) {}

  async put(values: PlainValues): Promise<PutResult> {
    const settings = await readSettings(this.host).catch((error: unknown) => {
      throw this.failure(error);
    });
    const result = await this.putUnder(values, settings);
    await this.mark(settings);
    return result;
  }

  /** Lets a PushSecret take it over, if the user says so. */
  private async mark(settings: VaultSettings): Promise<void> {
    const { managedBy, address, viaAgent, metadata } = this.place;
    if (managedBy === undefined) return;
    if (this.version === 1) return this.host.warn('KV 1 has no marks: --managed-by has no effect');
    const body = JSON.stringify({ custom_metadata: { 'managed-by': managedBy } });
    const request = { method: 'PATCH', address, viaAgent, segments: metadata, body } as const;
    const answer = await sendToVault(request, settings, { host: this.host }).catch((error: unknown) => {
      throw this.failure(error);
    });
    if (answer.status !== 200 && answer.status !== 204) throw this.failure(vaultRefusal(answer, settings));
  }

  private async putUnder(values: PlainValues, settings: VaultSettings): Promise<PutResult> {
    const found = await this.read(values, settings);
    if (found.isSame) return this.unchanged();
    const answer = await this.write(values, found, settings);
    if (!isMismatch(answer) || found.version === undefined) return this.accepted(answer, settings);
    // Somebody else was faster.
    const again = await this.read(values, settings);
    if (again.isSame) return this.unchanged();
    // Without its number what somebody wrote could be written over unseen.
    if (again.version === undefined) return this.accepted(answer, settings);
    const result = this.accepted(await this.write(values, again, settings), settings);
    this.host.warn(
      `${this.place.segments.join('/')}: somebody wrote version ${again.version} meanwhile, which is no longer the newest; see it with ?version=${again.version}`,
    );
    return result;
  }

  /** What is there already. It may be that a token can write but not read; as in SOPS, a warning is enough then. */
  private async read(values: PlainValues, settings: VaultSettings): Promise<Found> {
    try {
      const answer = await sendToVault({ method: 'GET', ...this.place }, settings, { host: this.host });
      if (answer.status !== 200 && answer.status !== 404) throw vaultRefusal(answer, settings);
      // Version 1 has no versions that writing once more would add to.
      if (this.version === 1) return { version: undefined, isSame: false };
      return foundIn(answer, values);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      const path = this.place.segments.join('/');
      const consequence = 'New version will be created even if the data has not been changed.';
      const reason = error.message.replace(/\.$/, '');
      this.host.warn(
        `Cannot check if destination secret already exists in ${path}. ${consequence} The reason: ${reason}.`,
      );
      return { version: undefined, isSame: false };
    }
  }

  private async write({ json }: PlainValues, { version }: Found, settings: VaultSettings): Promise<HttpResponse> {
    const options = version === undefined ? '' : `,"options":{"cas":${version}}`;
    const body = this.version === 1 ? json : `{"data":${json}${options}}`;
    try {
      return await sendToVault({ method: 'PUT', ...this.place, body }, settings, { host: this.host });
    } catch (error) {
      throw this.failure(error);
    }
  }

  private unchanged(): PutResult {
    const message = `Secret in ${this.place.segments.join('/')} is already up-to-date.\n`;
    this.host.log?.({ component: 'PUBLISH', level: 'info', message });
    return 'unchanged';
  }

  private accepted(answer: HttpResponse, settings: VaultSettings): PutResult {
    if (answer.status === 200 || answer.status === 204) return 'written';
    const refusal = this.failure(vaultRefusal(answer, settings));
    const engines = 'Is the engine mounted there, and is vault_kv_version (2 unless it is given) right?';
    throw answer.status === 404 ? refusal.with('failed', { hint: engines }) : refusal;
  }

  private failure(error: unknown): SopsError {
    if (!(error instanceof SopsError)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    const path = this.place.segments.join('/');
    return new SopsError('failed', `failed to write the secret ${path}: ${error.message}`, { ...hint, cause: error });
  }
}

/** The answer of KV 2; that of a deleted version is a 404 that tells its number. */
function foundIn({ body }: HttpResponse, values: PlainValues): Found {
  const metadata = objectMembers(objectMembers(answerMembers(body)?.get('data'))?.get('metadata'));
  const version = metadata?.get('version');
  const known = typeof version === 'number' && Number.isSafeInteger(version) ? version : 0;
  return { version: known, isSame: values.isIn(body, ['data', 'data']) };
}

function isMismatch({ status, body }: HttpResponse): boolean {
  return status === 400 && body.includes(MISMATCH);
}
