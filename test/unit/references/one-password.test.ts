/** References to 1Password: by a stand-in for the program `op`, and through a Connect server of the tests' own. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { type Ran, withoutNotes } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { HttpService, type Received, type Reply } from '../keys/http-service.js';
import { ProgramFolder } from '../keys/programs.js';

const test = sampledTest(2);

const desk = new Desk();
const programs = new ProgramFolder();
afterAll(() => {
  desk.remove();
  programs.remove();
});

const OP_TOKEN = 'ops_token-of-the-account';
/** Answers as op 2 does: all on standard output, errors with a time in front. */
const OP = `echo "$*" >>"$(dirname "$0")/asked"
fail() { echo "[ERROR] 2026/01/01 10:00:00 $1" >&2; exit 1; }
[ "$OP_SERVICE_ACCOUNT_TOKEN" = ${OP_TOKEN} ] || fail "error initializing client: found no accounts, token $OP_SERVICE_ACCOUNT_TOKEN"
case "$3" in
  op://prod/db/password) printf 'pass word\\n' ;;
  op://prod/db/main/user) printf app ;;
  op://prod/net/x) fail 'could not read secret: dial tcp: lookup my.1password.com: no such host' ;;
  *) fail "could not read secret '$3': \\"none\\" isn't an item in the \\"prod\\" vault" ;;
esac`;

describe('op', () => {
  beforeAll(() => void programs.addShellScript('op', OP));
  const refs = (text: string, token = OP_TOKEN): Promise<Ran> =>
    desk.run(['refs', 'get', text], {
      env: { PATH: `${programs.path}:${process.env.PATH}`, OP_SERVICE_ACCOUNT_TOKEN: token },
    });

  test.each([
    ['a field, byte for byte', 'ref+op://prod/db/password', 'pass word\n'],
    ['a field of a section', 'ref+op://prod/db/main/user', 'app'],
  ])('gives %s', async (_, text, value) => {
    const ran = await refs(text);
    expect([withoutNotes(ran), ran.status, ran.stdout.toString()]).toEqual(['', 0, value]);
  });

  test('is started once for a field that is wanted twice', async () => {
    const before = programs.lines('asked').length;
    expect((await refs('ref+op://prod/db/main/user+-ref+op://prod/db/main/user')).stdout.toString()).toBe('app-app');
    expect(programs.lines('asked').slice(before)).toEqual(['read --no-newline op://prod/db/main/user']);
  });

  test.each([
    ['what is not there', 'ref+op://prod/none/x', 66, "isn't an item"],
    ['a network that is not', 'ref+op://prod/net/x', 69, 'no such host'],
    ['too few steps', 'ref+op://prod/db', 65, 'VAULT/ITEM/FIELD'],
    ['keys behind #', 'ref+op://prod/db/password#/x', 65, 'last step of the path'],
  ])('fails for %s', async (_, text, status, said) => {
    const ran = await refs(text);
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(said);
  });

  test('fails for whoever is not logged in, without showing the token', async () => {
    const ran = await refs('ref+op://prod/db/password', 'wrong-token');
    expect([ran.status, ran.stderr.includes('wrong-token')]).toEqual([77, false]);
  });

  test('is told when it is not there', async () => {
    const ran = await desk.run(['refs', 'get', 'ref+op://prod/db/password'], { env: { PATH: desk.folder } });
    expect(ran.status).toBe(69);
    expect(ran.stderr).toContain('Install 1Password');
  });
});

const TOKEN = 'token-of-connect';
const VAULT = 'abcdefghijklmnopqrstuvwxyz';
const ITEM = '01234567890123456789abcdef';
const FIELDS = [
  { id: 'username', label: 'username', value: 'app' },
  { id: 'f1', label: 'password', section: { id: 's1', label: 'main' }, value: 'hush: "x"' },
  { id: 'f2', label: 'empty', section: { id: 's2' } },
];

describe('1Password Connect', () => {
  let service: HttpService;
  const replies: Reply[] = [];
  beforeEach(async () => {
    service = await HttpService.start(answer);
  });
  afterEach(async () => {
    replies.length = 0;
    await service.close();
  });

  function answer({ path, headers }: Received): Reply {
    const json = (body: unknown, status = 200): Reply => ({ status, body: JSON.stringify(body) });
    const reply = replies.shift();
    if (reply) return reply;
    if (headers.authorization !== `Bearer ${TOKEN}`)
      return json({ status: 401, message: 'Invalid token signature' }, 401);
    const { pathname, searchParams } = new URL(path, service.url);
    const wanted = /^title eq "(.*)"$/.exec(searchParams.get('filter') ?? '')?.[1];
    if (pathname === '/v1/vaults') return json(wanted === 'prod' ? [{ id: VAULT }] : []);
    if (pathname === `/v1/vaults/${VAULT}/items`) {
      return json(
        wanted === 'db' || wanted === String.raw`my \"db\"`
          ? [{ id: ITEM }]
          : wanted === 'twins'
            ? [{ id: ITEM }, { id: VAULT }]
            : [],
      );
    }
    if (pathname === `/v1/vaults/${VAULT}/items/${ITEM}`) return json({ id: ITEM, fields: FIELDS });
    return json({ status: 404, message: 'item not found' }, 404);
  }

  const refs = (text: string, env: Record<string, string> = {}): Promise<Ran> =>
    desk.run(['refs', 'get', text], { env: { OP_CONNECT_HOST: service.url, OP_CONNECT_TOKEN: TOKEN, ...env } });

  test.each([
    ['a field', 'ref+onepasswordconnect://prod/db#/username', 'app'],
    ['a field of a section, by labels', 'ref+onepasswordconnect://prod/db#/main.password', 'hush: "x"'],
    ['a field of a section, by ids', 'ref+onepasswordconnect://prod/db#/s1.f1', 'hush: "x"'],
    ['a field by its id', `ref+onepasswordconnect://${VAULT}/${ITEM}#/f1`, 'hush: "x"'],
    ['a field without value', 'ref+onepasswordconnect://prod/db#/s2.empty', ''],
    ['names with quotes', 'ref+onepasswordconnect://prod/my%20%22db%22#/username', 'app'],
  ])('gives %s', async (_, text, value) => {
    const ran = await refs(text);
    expect([withoutNotes(ran), ran.status, ran.stdout.toString()]).toEqual(['', 0, value]);
  });

  test('gives an item as YAML, and asks once for all of its fields', async () => {
    expect((await refs('ref+onepasswordconnect://prod/db')).stdout.toString()).toContain(
      'main.password: \'hush: "x"\'\n',
    );
    const before = service.received.length;
    const ran = await refs(
      'ref+onepasswordconnect://prod/db#/username+ ref+onepasswordconnect://prod/db#/main.password',
    );
    expect([ran.stdout.toString(), service.received.length - before]).toEqual(['app hush: "x"', 3]);
  });

  test.each([
    ['a vault that is not there', 'ref+onepasswordconnect://none/db#/x', 66, 'has nothing of that name'],
    ['an item that is not there', 'ref+onepasswordconnect://prod/none#/x', 66, 'has nothing of that name'],
    ['two of one name', 'ref+onepasswordconnect://prod/twins#/x', 66, 'Write its id'],
    ['a field that is not there', 'ref+onepasswordconnect://prod/db#/none', 66, 'no value found for key none'],
    ['a field in the path', 'ref+onepasswordconnect://prod/db/username', 65, '#/FIELD'],
  ])('fails for %s', async (_, text, status, said) => {
    const ran = await refs(text);
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(said);
  });

  test('tells who is refused, and what is missing', async () => {
    expect((await refs('ref+onepasswordconnect://prod/db#/x', { OP_CONNECT_TOKEN: 'wrong' })).status).toBe(77);
    const unset = await refs('ref+onepasswordconnect://prod/db#/x', { OP_CONNECT_HOST: '' });
    expect([unset.status, unset.stderr.includes('OP_CONNECT_HOST')]).toEqual([77, true]);
  });

  test('waits when it is told to, and takes nothing for what is cut off', async () => {
    replies.push({ status: 429, headers: { 'retry-after': '0' }, body: '' });
    expect((await refs('ref+onepasswordconnect://prod/db#/username')).stdout.toString()).toBe('app');
    replies.push({ body: '[{"id": "abc' });
    const ran = await refs('ref+onepasswordconnect://prod/db#/username');
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
  });
});
