/** Google Secret Manager: versions are numbered, and each goes there with its checksum (docs/publish.md#google-secret-manager). */
import { SopsError } from '../errors.js';
import { gcpFailure } from '../services/gcp/failure.js';
import { callGoogleApi, type GoogleApi, type GoogleCall } from '../services/gcp/json-api.js';
import { gcpRefusal } from '../services/gcp/refusal.js';
import { answerMembers, objectMembers, textMember } from '../services/http/answer.js';
import type { HttpResponse } from '../services/http/request.js';
import type { Session } from '../util/host/host.js';
import { crc32c } from '../util/text/crc32c.js';
import { decodeText } from '../util/text/text.js';
import type { PlaceWishes, PlainValues, PutResult, Remnant, Remote } from './remote.js';
import { type GooglePlace, googlePlace } from './secret-names.js';
import {
  changedThere,
  MAKER,
  MARKS,
  type SecretPart,
  type SecretStore,
  secretPlace,
  writtenOver,
} from './secret-parts.js';

const NAME = /^[\w-]{1,255}$/;
const LABEL = /^[a-z0-9_-]{1,63}$/;
const MOST_BYTES = 65_536;

export const googleSecretsRemote: Remote<PlainValues> = {
  open(settings, host, wishes) {
    const place = googlePlace(settings.get('gcp_secretmanager') ?? '');
    if (!place) {
      throw new SopsError('config', 'gcp_secretmanager names no place of Google Secret Manager', {
        hint: 'Write projects/P, projects/P/secrets/NAME, or projects/P/locations/L with or without a name.',
      });
    }
    if (!LABEL.test(wishes.managedBy ?? MAKER)) {
      throw new SopsError('usage', 'labels of Google Cloud have lower-case letters, digits, _ and -: see --managed-by');
    }
    const baseFor = (fileName: string): string => checkedName(place.nameFor(fileName));
    return secretPlace(settings, new SecretManagerStore(place, host, wishes), baseFor);
  },
};

/** The newest version of a secret. */
interface Newest {
  /** 0 for none. */
  readonly number: number;
  /** Undefined for a version that is disabled or destroyed. */
  readonly text: string | undefined;
}

class SecretManagerStore implements SecretStore {
  readonly #parent: string;
  readonly #api: GoogleApi;

  constructor(
    { project, location }: GooglePlace,
    private readonly host: Session,
    private readonly wishes: PlaceWishes,
  ) {
    this.#parent = `projects/${project}${location === undefined ? '' : `/locations/${location}`}`;
    this.#api = {
      name: location === undefined ? 'secretmanager' : `secretmanager.${location}.rep`,
      variable: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER',
    };
  }

  url(name: string): string {
    return `gcpsecrets://${this.#parent}/secrets/${name}`;
  }

  /** As `emit external-secret --per-key` has it. */
  nameFor(base: string, key: string): string {
    return checkedName(/[-_]$/.test(base) ? `${base}${key}` : `${base}-${key}`);
  }

  async write(part: SecretPart): Promise<PutResult> {
    if (Buffer.byteLength(part.text) > MOST_BYTES) {
      throw new SopsError('failed', `${this.url(part.name)} would have more than ${MOST_BYTES} bytes`, {
        hint: 'Split the file, or write layout: per_key.',
      });
    }
    const newest = await this.#newest(part.name);
    if (newest === undefined) await this.#make(part);
    if (newest?.text !== undefined && part.isSame(newest.text)) return 'unchanged';
    const added = await this.#add(part);
    const before = newest?.number ?? 0;
    // The service takes no condition, but numbers the versions one by one.
    if (added > before + 1) throw writtenOver(this.url(part.name), `${added - 1}`);
    if (this.wishes.disablesOld) await this.#disableBefore(added, part.name);
    return 'written';
  }

  async made(base: string): Promise<Remnant[]> {
    const found: Remnant[] = [];
    let page = '';
    do {
      const next = page && `&pageToken=${encodeURIComponent(page)}`;
      const path = `${this.#secrets()}?pageSize=500&filter=name%3A${base}${next}`;
      const answer = membersOf(
        await this.#ask(`failed to list the secrets of ${this.#parent}`, { method: 'GET', path }),
      );
      for (const secret of listMember(answer, 'secrets')) {
        const annotations = objectMembers(secret.get('annotations'));
        if (textMember(annotations, MARKS.base) !== base) continue;
        found.push(this.#leftover(secret));
      }
      page = textMember(answer, 'nextPageToken') ?? '';
    } while (page !== '');
    return found;
  }

  #leftover(secret: ReadonlyMap<string, unknown>): Remnant {
    const name = (textMember(secret, 'name') ?? '').split('/').at(-1) ?? '';
    const etag = textMember(secret, 'etag');
    const condition = etag === undefined ? '' : `?etag=${encodeURIComponent(etag)}`;
    return {
      name,
      remove: async () => {
        const path = `${this.#secrets(name)}${condition}`;
        await this.#ask(`failed to delete ${this.url(name)}`, { method: 'DELETE', path });
      },
    };
  }

  /** Undefined for a secret that is not there. */
  async #newest(name: string): Promise<Newest | undefined> {
    const doing = `failed to read ${this.url(name)}`;
    const path = `${this.#secrets(name)}/versions/latest`;
    const accessed = await this.#send(doing, { method: 'GET', path: `${path}:access` });
    if (accessed.status === 200) {
      const answer = membersOf(accessed);
      return { number: numberIn(answer), text: checkedText(answer, this.url(name)) };
    }
    if (accessed.status === 404) return (await this.#isThere(name)) ? { number: 0, text: undefined } : undefined;
    if (statusIn(accessed) !== 'FAILED_PRECONDITION') throw refusalOf(doing, accessed);
    return { number: numberIn(membersOf(await this.#ask(doing, { method: 'GET', path }))), text: undefined };
  }

  /** A secret without versions has no newest one. */
  async #isThere(name: string): Promise<boolean> {
    const doing = `failed to read ${this.url(name)}`;
    const answer = await this.#send(doing, { method: 'GET', path: this.#secrets(name) });
    if (answer.status !== 200 && answer.status !== 404) throw refusalOf(doing, answer);
    return answer.status === 200;
  }

  async #make({ name, base, key }: SecretPart): Promise<void> {
    const body = {
      // A regional secret lives where it was made.
      ...(this.#parent.includes('/locations/') ? {} : { replication: { automatic: {} } }),
      labels: { [MARKS.manager]: this.wishes.managedBy ?? MAKER },
      annotations: { [MARKS.base]: base, ...(key === undefined ? {} : { [MARKS.key]: key }) },
    };
    const doing = `failed to make ${this.url(name)}`;
    const answer = await this.#send(doing, { method: 'POST', path: `${this.#secrets()}?secretId=${name}`, body });
    if (answer.status === 409) throw changedThere(this.url(name));
    if (answer.status !== 200) throw refusalOf(doing, answer);
  }

  async #add({ name, text }: SecretPart): Promise<number> {
    const bytes = Buffer.from(text);
    const payload = { data: bytes.toString('base64'), dataCrc32c: String(crc32c(bytes)) };
    const call: GoogleCall = { method: 'POST', path: `${this.#secrets(name)}:addVersion`, body: { payload } };
    const doing = `failed to write ${this.url(name)}`;
    const added = numberIn(membersOf(await this.#ask(doing, call)));
    if (added > 0) return added;
    throw new SopsError('failed', `${doing}: the answer cannot be understood`, {
      hint: 'See what its newest version is; it may have been written.',
    });
  }

  async #disableBefore(number: number, name: string): Promise<void> {
    const doing = `failed to disable old versions of ${this.url(name)}`;
    let page = '';
    do {
      const query = `?pageSize=500&filter=state%3AENABLED${page && `&pageToken=${encodeURIComponent(page)}`}`;
      const answer = membersOf(
        await this.#ask(doing, { method: 'GET', path: `${this.#secrets(name)}/versions${query}` }),
      );
      for (const version of listMember(answer, 'versions')) {
        const old = numberIn(version);
        if (old === 0 || old >= number) continue;
        const etag = textMember(version, 'etag');
        const body = etag === undefined ? {} : { etag };
        await this.#ask(doing, { method: 'POST', path: `${this.#secrets(name)}/versions/${old}:disable`, body });
      }
      page = textMember(answer, 'nextPageToken') ?? '';
    } while (page !== '');
  }

  #secrets(name?: string): string {
    return `/v1/${this.#parent}/secrets${name === undefined ? '' : `/${name}`}`;
  }

  /** Throws for every answer but 200. */
  async #ask(doing: string, call: GoogleCall): Promise<HttpResponse> {
    const answer = await this.#send(doing, call);
    if (answer.status === 200) return answer;
    throw refusalOf(doing, answer);
  }

  async #send(doing: string, call: GoogleCall): Promise<HttpResponse> {
    try {
      return await callGoogleApi(this.#api, call, { host: this.host });
    } catch (error) {
      throw gcpFailure(doing, error).with('failed');
    }
  }
}

function membersOf({ body }: HttpResponse): ReadonlyMap<string, unknown> {
  return answerMembers(body) ?? new Map();
}

function listMember(members: ReadonlyMap<string, unknown>, name: string): ReadonlyMap<string, unknown>[] {
  const list = members.get(name);
  return Array.isArray(list) ? list.flatMap((entry: unknown) => objectMembers(entry) ?? []) : [];
}

/** The number at the end of a version's name; 0 for none. */
function numberIn(version: ReadonlyMap<string, unknown>): number {
  return Number(/\/versions\/(\d{1,15})$/.exec(textMember(version, 'name') ?? '')?.[1] ?? 0);
}

function checkedText(answer: ReadonlyMap<string, unknown>, place: string): string {
  const payload = objectMembers(answer.get('payload'));
  if (!payload) throw new SopsError('failed', `failed to read ${place}: the answer cannot be understood`);
  const bytes = Buffer.from(textMember(payload, 'data') ?? '', 'base64');
  const said = payload.get('dataCrc32c');
  if (said === undefined || Number(said) === crc32c(bytes)) return decodeText(bytes);
  throw new SopsError('failed', `${place} arrived damaged: it does not fit its checksum`, { hint: 'Try again.' });
}

function statusIn(answer: HttpResponse): string {
  return textMember(objectMembers(membersOf(answer).get('error')), 'status') ?? '';
}

function refusalOf(doing: string, answer: HttpResponse): SopsError {
  const told = gcpFailure(doing, gcpRefusal(answer)).with('failed');
  if (answer.status === 403 || answer.status === 401) {
    return told.with('failed', {
      hint: 'Ask for the roles Secret Manager Secret Accessor and Secret Version Adder; Secret Manager Admin where secrets are made or taken away.',
    });
  }
  if (answer.status !== 404) return told;
  return told.with('failed', { hint: 'See the project, and that the Secret Manager API is enabled there.' });
}

function checkedName(name: string): string {
  if (NAME.test(name)) return name;
  throw new SopsError('config', `${JSON.stringify(name)} is not a name that Secret Manager takes`, {
    hint: 'Names are made of letters, digits, _ and - (255 at most): write layout: json, or another name.',
  });
}
