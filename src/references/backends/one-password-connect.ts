/** `ref+onepasswordconnect://VAULT/ITEM#/FIELD`: 1Password through a Connect server of the user's own. */
import { SopsError } from '../../errors.js';
import { emitYaml } from '../../formats/yaml/emit.js';
import { answerMembers, objectMembers, textMember } from '../../services/http/answer.js';
import { serverUrl } from '../../services/vault/address.js';
import { type Branch, branch, item, leaf } from '../../tree/tree.js';
import { withoutTrailing } from '../../util/text/trim.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import type { Backend, BackendKind, ReferenceContext } from '../backend.js';
import { askStore, strangeAnswer } from '../rest-store.js';

const TITLE = '1Password Connect';
const ID = /^[a-z0-9]{26}$/;

export const onePasswordConnect: BackendKind = { open: (_, context) => new ItemReader(context) };

type Members = ReadonlyMap<string, unknown>;

class ItemReader implements Backend {
  readonly #context: ReferenceContext;
  readonly #items = new LastingAnswers<Branch>();
  readonly #vaults = new LastingAnswers<string>();

  constructor(context: ReferenceContext) {
    this.#context = context;
  }

  /** The whole item as YAML, as vals has it. */
  async text(path: string): Promise<string> {
    return emitYaml([await this.values(path)], null);
  }

  values(path: string): Promise<Branch> {
    const [vault = '', title = '', ...more] = path.split('/');
    if (vault === '' || title === '' || more.length > 0) {
      throw new SopsError('reference-malformed', 'onepasswordconnect:// must be followed by VAULT/ITEM', {
        hint: 'The field comes after #/: ref+onepasswordconnect://VAULT/ITEM#/FIELD, or #/SECTION.FIELD',
      });
    }
    return this.#items.get(path, async () => fieldsOf(await this.#item(vault, title)));
  }

  async #item(vault: string, title: string): Promise<Members> {
    const shown = `${vault}/${title}`;
    const at = await this.#vaults.get(vault, () => this.#idOf('/v1/vaults', vault, `the vault ${vault}`));
    const items = `/v1/vaults/${at}/items`;
    const id = await this.#idOf(items, title, shown);
    const found = objectMembers(await this.#ask(`${items}/${id}`, shown));
    if (found) return found;
    throw strangeAnswer(TITLE, shown);
  }

  /** What has the form of an id is one; anything else is a name, of which there must be one. */
  async #idOf(list: string, name: string, shown: string): Promise<string> {
    if (ID.test(name)) return name;
    const filter = encodeURIComponent(`title eq "${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`);
    const found = await this.#ask(`${list}?filter=${filter}`, shown);
    if (!Array.isArray(found)) throw strangeAnswer(TITLE, shown);
    const [first, ...more] = found.map((one) => textMember(objectMembers(one), 'id') ?? '');
    if (first !== undefined && ID.test(first) && more.length === 0) return first;
    if (first !== undefined && more.length === 0) throw strangeAnswer(TITLE, shown);
    const reason = first === undefined ? 'has nothing of that name' : `has ${found.length} of that name`;
    throw new SopsError('reference-not-found', `${TITLE} does not give ${shown}: it ${reason}`, {
      hint:
        first === undefined
          ? 'See the name, and which vaults the token may read.'
          : 'Write its id instead of its name.',
    });
  }

  async #ask(path: string, shown: string): Promise<unknown> {
    const { env } = this.#context.host;
    const token = env.OP_CONNECT_TOKEN ?? '';
    const address = serverUrl(env.OP_CONNECT_HOST ?? '');
    if (!address || token === '') {
      throw new SopsError('store-denied', 'OP_CONNECT_HOST (a URL) and OP_CONNECT_TOKEN are needed, and not set');
    }
    const body = await askStore(
      {
        title: TITLE,
        place: shown,
        url: new URL(`${withoutTrailing(address.href, '/')}${path}`),
        headers: { Authorization: `Bearer ${token}` },
        deniedHint: 'See OP_CONNECT_TOKEN, and which vaults it may read.',
        wordsOf: (answer) => textMember(answerMembers(answer), 'message') ?? '',
      },
      this.#context,
    );
    try {
      return JSON.parse(body);
    } catch {
      throw strangeAnswer(TITLE, shown);
    }
  }
}

/** The fields of an item by id and by label; those of a section by both of that, too. */
function fieldsOf(found: Members): Branch {
  const values = new Map<string, string>();
  const fields = found.get('fields');
  for (const one of Array.isArray(fields) ? fields : []) {
    const field = objectMembers(one);
    const value = field?.get('value');
    const names = ['id', 'label'].flatMap((name) => textMember(field, name) ?? []);
    const section = objectMembers(field?.get('section'));
    const sections = ['label', 'id'].flatMap((name) => textMember(section, name) ?? []);
    const inSections = sections.flatMap((of) => names.map((name) => `${of}.${name}`));
    const id = textMember(field, 'id');
    const bare = section ? (id === undefined ? [] : [id]) : names;
    for (const name of [...bare, ...inSections]) values.set(name, typeof value === 'string' ? value : '');
  }
  const sorted = [...values].sort(([one], [other]) => (one < other ? -1 : 1));
  return branch(sorted.map(([name, value]) => item(name, leaf(value))));
}
