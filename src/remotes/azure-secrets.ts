/** Azure Key Vault: every writing is a version, and versions of others are looked for (docs/publish.md#azure-key-vault). */
import { SopsError } from '../errors.js';
import { askKeyVault } from '../services/azure/key-vault.js';
import { answerMembers, objectMembers, serviceWords, textMember } from '../services/http/answer.js';
import type { HttpRequest } from '../services/http/request.js';
import type { Session } from '../util/host/host.js';
import type { PlaceWishes, PlainValues, PutResult, Remnant, Remote } from './remote.js';
import { keyVaultName, keyVaultPlace } from './secret-names.js';
import { MAKER, MARKS, type SecretPart, type SecretStore, secretPlace, writtenOver } from './secret-parts.js';

const API = 'api-version=7.4';
const NAME = /^[0-9a-zA-Z-]{1,127}$/;
/** The service counts characters, and means bytes. */
const MOST_BYTES = 25_600;

export const azureSecretsRemote: Remote<PlainValues> = {
  open(settings, host, wishes) {
    const place = keyVaultPlace(settings.get('azure_keyvault') ?? '');
    if (!place) {
      throw new SopsError('config', 'azure_keyvault names no place of Azure Key Vault', {
        hint: 'Write https://VAULT.vault.azure.net, or https://VAULT.vault.azure.net/secrets/NAME.',
      });
    }
    const baseFor = (fileName: string): string => checkedName(place.nameFor(fileName));
    return secretPlace(settings, new KeyVaultStore(place.origin, host, wishes), baseFor);
  },
};

/** A secret as it is there. */
interface Found {
  readonly value: string;
  readonly version: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly contentType: string | undefined;
}

type Members = ReadonlyMap<string, unknown>;

class KeyVaultStore implements SecretStore {
  constructor(
    private readonly vault: string,
    private readonly host: Session,
    private readonly wishes: PlaceWishes,
  ) {}

  url(name: string): string {
    return `${this.vault}/secrets/${name}`;
  }

  /** As `emit external-secret --per-key` has it. */
  nameFor(base: string, key: string): string {
    return checkedName(keyVaultName(`${base}-${key}`));
  }

  async write(part: SecretPart): Promise<PutResult> {
    const url = this.url(part.name);
    if (Buffer.byteLength(part.text) > MOST_BYTES) {
      throw new SopsError('failed', `${url} would have more than ${MOST_BYTES} bytes`, {
        hint: 'Split the file, or write layout: per_key.',
      });
    }
    const first = await this.#read(part.name);
    if (first && part.isSame(first.value)) return 'unchanged';
    const before = first ? await this.#versions(part.name) : new Set<string>();
    const found = first && (await this.#read(part.name));
    if (found && part.isSame(found.value)) return 'unchanged';
    const own = versionIn(await this.#put(part, found));
    // The service takes no condition, so what came in between is looked for.
    const after = await this.#versions(part.name);
    const foreign = [...after].find((one) => one !== own && one !== found?.version && !before.has(one));
    if (foreign !== undefined) throw writtenOver(url, foreign);
    return 'written';
  }

  async made(base: string): Promise<Remnant[]> {
    const found: Remnant[] = [];
    for await (const secret of this.#all(`${this.vault}/secrets?maxresults=25&${API}`)) {
      if (textMember(objectMembers(secret.get('tags')), MARKS.base) !== base) continue;
      const name = /\/secrets\/([0-9a-zA-Z-]+)$/.exec(textMember(secret, 'id') ?? '')?.[1];
      if (name !== undefined) found.push({ name, remove: () => this.#remove(name) });
    }
    return found;
  }

  async #remove(name: string): Promise<void> {
    await this.#ask(`failed to delete ${this.url(name)}`, `${this.url(name)}?${API}`, { method: 'DELETE' });
  }

  /** Undefined for a secret that is not there. */
  async #read(name: string): Promise<Found | undefined> {
    const doing = `failed to read ${this.url(name)}`;
    const answer = await this.#ask(doing, `${this.url(name)}?${API}`, { method: 'GET', absent: true });
    const value = answer?.get('value');
    if (!answer || typeof value !== 'string') return undefined;
    return {
      value,
      version: versionIn(answer),
      tags: Object.fromEntries(objectMembers(answer.get('tags')) ?? []),
      contentType: textMember(answer, 'contentType'),
    };
  }

  /** A version has marks of its own, so those of the one before go along. */
  async #put({ name, base, key, text }: SecretPart, found: Found | undefined): Promise<Members> {
    const marks = {
      [MARKS.manager]: this.wishes.managedBy ?? MAKER,
      [MARKS.base]: base,
      ...(key === undefined ? {} : { [MARKS.key]: key.slice(0, 256) }),
    };
    const contentType = found ? found.contentType : key === undefined ? 'application/json' : undefined;
    const body = { value: text, tags: found?.tags ?? marks, ...(contentType === undefined ? {} : { contentType }) };
    const doing = `failed to write ${this.url(name)}`;
    return (await this.#ask(doing, `${this.url(name)}?${API}`, { method: 'PUT', body })) ?? new Map();
  }

  async #versions(name: string): Promise<Set<string>> {
    const versions = new Set<string>();
    for await (const one of this.#all(`${this.url(name)}/versions?maxresults=25&${API}`)) versions.add(versionIn(one));
    return versions;
  }

  async *#all(first: string): AsyncGenerator<Members> {
    let next: string | undefined = first;
    while (next !== undefined) {
      const answer: Members | undefined = await this.#ask(`failed to list secrets of ${this.vault}`, next, {
        method: 'GET',
      });
      const list = answer?.get('value');
      if (Array.isArray(list)) for (const entry of list) yield objectMembers(entry) ?? new Map();
      const link = textMember(answer, 'nextLink');
      // The token goes to this vault alone.
      next = link !== undefined && URL.canParse(link) && new URL(link).origin === this.vault ? link : undefined;
    }
  }

  /** The members of the answer; undefined for what is not there, where that is expected. */
  async #ask(
    doing: string,
    url: string,
    {
      method,
      body,
      absent = false,
    }: { method: HttpRequest['method']; body?: Record<string, unknown>; absent?: boolean },
  ): Promise<Members | undefined> {
    const call = { host: this.host, errorCode: 'failed', method } as const;
    const { answer, token } = await askKeyVault(new URL(url), body, call).catch((error: unknown) => {
      throw error instanceof SopsError ? error.reworded(`${doing}: ${error.message}`).with('failed') : error;
    });
    const members = answerMembers(answer.body);
    if (answer.status < 300 && members) return members;
    if (absent && answer.status === 404) return undefined;
    const error = objectMembers(members?.get('error'));
    const said = serviceWords(`${textMember(error, 'code') ?? ''} ${textMember(error, 'message') ?? ''}`, [token]);
    const hint = HINTS.get(answer.status);
    throw new SopsError('failed', `${doing}: the vault answered ${answer.status}${said && `: ${said}`}`, {
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

const DENIED =
  'Ask for the role Key Vault Secrets Officer (or the permissions get, list, set and delete), and see the firewall of the vault.';
const HINTS: ReadonlyMap<number, string> = new Map([
  [401, DENIED],
  [403, DENIED],
  [409, 'A deleted secret has that name: az keyvault secret recover, or purge, then publish again.'],
]);

/** The last step of its id. */
function versionIn(secret: Members): string {
  return (textMember(secret, 'id') ?? '').split('/').at(-1) ?? '';
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw new SopsError('config', `${JSON.stringify(name)} is not a name that Key Vault takes`, {
    hint: 'Names are made of letters, digits and - (127 at most): write layout: json, or another name.',
  });
}
