/** What sops sends when it publishes, and what we send (fixtures/publish/README.md). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CASES, OTHER, type PublishCase, Publishing, uploadedFile } from '../../support/publishing.js';
import type { Received, Reply } from '../keys/http-service.js';

let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.start();
});
afterEach(() => publishing.close());

/** What is in Vault already, in the cases that say so. */
const THERE: Readonly<Record<string, string>> = {
  'vault-v2-same': '{"data":{"data":{"b":"y","a":"x"},"metadata":{"version":3}}}',
  'vault-v2-same-int': '{"data":{"data":{"a":5},"metadata":{"version":3}}}',
  'vault-v1-same': '{"data":{"a":"x"}}',
};

function answerOf({ id }: PublishCase, { method }: Received): Reply {
  const there = THERE[id];
  if (method !== 'GET') return { body: '{}' };
  if (id === 'vault-forbidden') return { status: 403, body: '{"errors":["permission denied"]}' };
  return there === undefined ? { status: 404, body: '{"errors":[]}' } : { body: there };
}

/** Requests of sops that we do not send, with the reason. */
const NOT_SENT: Readonly<Record<string, readonly string[]>> = {
  // The integer is equal to what is there; sops compares it with a number of another type.
  'vault-v2-same-int': ['PUT'],
};
/** Where sops's body is not what anybody wants: it sends maps in lists as pairs. */
const BODIES: Readonly<Record<string, unknown>> = {
  'vault-list-of-maps': { data: { d: '2024-01-02T00:00:00Z', k: 'second', l: [{ a: 'b', c: [1] }] } },
};

/** The body without what sops does not send: the version that is to be replaced. */
function comparable(body: string): unknown {
  if (body === '') return '';
  const { options, ...rest } = JSON.parse(body);
  return rest;
}

test('the fixtures are there', () => {
  expect(CASES.length).toBe(17);
});

describe.each(CASES)('$id: $about', (vector) => {
  test('the requests, the exit status and what is said', async () => {
    publishing.answer = (request) => answerOf(vector, request);
    publishing.rules(vector.rule);
    await publishing.seal(vector.file, vector.plain);
    const path = vector.args.includes('--recursive') ? (vector.file.split('/')[0] ?? '') : vector.file;
    const ran = await publishing.publish([...vector.args, path]);
    expect(ran.status).toBe(vector.exit);
    const expected = vector.requests.filter(({ method }) => !NOT_SENT[vector.id]?.includes(method));
    expect(publishing.requests).toEqual(expected.map(({ method, path: place }) => `${method} ${place}`));
    for (const [at, request] of expected.entries()) await compare(vector, request, publishing.http.received[at]);
    const fill = (text = '') =>
      text.replaceAll('{ROOT}', publishing.folder).replaceAll('{HOST}', new URL(publishing.http.url).host);
    expect(ran.stdout.toString()).toBe(fill(vector.stdout));
    const said = /msg="(.*)"/.exec(vector.stderr ?? '')?.[1] ?? vector.stderr ?? '';
    expect(ran.stderr).toContain(fill(said).trim());
  });
});

async function compare(
  vector: PublishCase,
  wanted: PublishCase['requests'][number],
  sent: Received | undefined,
): Promise<void> {
  const { 'content-type': type, ...headers } = wanted.headers;
  expect(sent?.headers).toMatchObject(headers);
  expect(sent?.headers['content-type'] ?? '').toMatch(new RegExp(`^${type?.replace('...', '[\\w-]+') ?? ''}`));
  const body = sent?.body ?? '';
  if (wanted.body === '(the encrypted file, byte for byte)') {
    const file = type?.startsWith('multipart/') ? uploadedFile(body) : body;
    expect(file).toBe(publishing.read(vector.file).toString());
  } else if (wanted.body.startsWith('(the encrypted file, encrypted anew')) {
    expect(body).toContain(OTHER);
    expect(await publishing.decrypt(body, vector.file, 'age-other.txt')).toBe(vector.plain);
  } else {
    const ours = wanted.body === '' ? undefined : BODIES[vector.id];
    expect(comparable(body)).toEqual(ours ?? comparable(wanted.body));
  }
}
