/** Requests: proxies, certificates, limits of time and size, retries, and errors that say what failed. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerMembers, serviceWords, textMember } from '../../../src/services/http/answer.js';
import { proxyFor } from '../../../src/services/http/proxy.js';
import { type HttpRequest, sendRequest } from '../../../src/services/http/request.js';
import { sendWithRetries } from '../../../src/services/http/retry.js';
import { CERTIFICATE, TLS } from '../keys/azure-service.js';
import { hostOf } from '../keys/host.js';
import { HttpService, unusedPort } from '../keys/http-service.js';

const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'PUT',
  url: new URL(url),
  headers: { 'X-Test': 'a' },
  body: 'é',
  timeout: 5000,
  ...more,
});

describe('the proxy of the environment', () => {
  const PROXY = { HTTPS_PROXY: 'http://s.example:3128', http_proxy: 'h.example' };
  test.each<[string, Record<string, string>, string | null]>([
    ['https://a.example/', PROXY, 'http://s.example:3128/'],
    ['http://a.example/', PROXY, 'http://h.example/'],
    ['http://a.example/', { HTTPS_PROXY: 'http://s.example' }, null],
    ['https://localhost/', PROXY, null],
    ['https://127.3.2.1:8200/', PROXY, null],
    ['https://[::1]/', PROXY, null],
    ['https://a.example/', { ...PROXY, NO_PROXY: '*' }, null],
    ['https://a.example/', { ...PROXY, no_proxy: 'b.example, A.example' }, null],
    ['https://x.a.example/', { ...PROXY, NO_PROXY: 'a.example' }, null],
    ['https://xa.example/', { ...PROXY, NO_PROXY: 'a.example' }, 'http://s.example:3128/'],
    ['https://a.example/', { ...PROXY, NO_PROXY: '.a.example' }, 'http://s.example:3128/'],
    ['https://x.a.example/', { ...PROXY, NO_PROXY: '*.a.example' }, null],
    ['https://a.example:8200/', { ...PROXY, NO_PROXY: 'a.example:8200' }, null],
    ['https://a.example/', { ...PROXY, NO_PROXY: 'a.example:8200' }, 'http://s.example:3128/'],
    ['https://10.1.2.3/', { ...PROXY, NO_PROXY: '10.0.0.0/8' }, null],
    ['https://11.1.2.3/', { ...PROXY, NO_PROXY: '10.0.0.0/8,11.0.0.0/x,fd00::/8' }, 'http://s.example:3128/'],
    ['https://[fd00::1]/', { ...PROXY, NO_PROXY: 'fd00::/8' }, null],
    ['https://[fe80::1]/', { ...PROXY, NO_PROXY: 'fe80::1' }, null],
    ['https://1.10.1.2/', { ...PROXY, NO_PROXY: '10.1.2' }, 'http://s.example:3128/'],
  ])('%s with %j: %s', (url, env, proxy) => expect(proxyFor(new URL(url), env)?.href ?? null).toBe(proxy));

  test('one that is not a URL is refused', () => {
    expect(() => proxyFor(new URL('https://a.example'), { HTTPS_PROXY: ':' })).toThrow(
      /^the proxy in HTTPS_PROXY is not a URL$/,
    );
  });
});

let plain: HttpService;
let secure: HttpService;
beforeAll(async () => {
  plain = await HttpService.start(({ path }) => ({ body: path === '/long' ? 'x'.repeat(1.1e6) : 'ok' }));
  secure = await HttpService.start(() => ({ body: 'ok' }), TLS);
});
afterAll(async () => {
  await plain.close();
  await secure.close();
});
const roots = (more: Record<string, string> = {}) => hostOf({ env: { SSL_CERT_FILE: CERTIFICATE, ...more } });

describe('a request', () => {
  test('arrives whole', async () => {
    expect(await sendRequest(request(`${plain.url}/a?b`), hostOf())).toMatchObject({ status: 200, body: 'ok' });
    expect(plain.received.at(-1)).toMatchObject({
      method: 'PUT',
      path: '/a?b',
      body: 'é',
      headers: { 'x-test': 'a', 'content-length': '2' },
    });
  });

  test('trusts the certificates of SSL_CERT_FILE, of the call, and no unknown ones', async () => {
    expect((await sendRequest(request(secure.url), roots())).body).toBe('ok');
    expect((await sendRequest(request(secure.url, { tls: { ca: TLS.cert } }), hostOf())).body).toBe('ok');
    await expect(sendRequest(request(secure.url), hostOf())).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(/^cannot reach https:\/\/127\.0\.0\.1:\d+: self-signed certificate$/),
      hint: expect.stringContaining('SSL_CERT_FILE'),
    });
  });

  test('says why a certificate is refused, without advice about Node', async () => {
    // As Node 24 words it.
    const message =
      'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
    const refusal = Object.assign(new Error(message), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const tls = { ca: TLS.cert, checkServerIdentity: () => refusal };
    await expect(sendRequest(request(secure.url, { tls }), hostOf())).rejects.toMatchObject({
      message: expect.stringMatching(/: self-signed certificate$/),
    });
  });

  test.each<[string, () => Promise<HttpRequest>, RegExp]>([
    [
      'a port where nothing listens',
      async () => request(`http://127.0.0.1:${await unusedPort()}`),
      /: connection refused$/,
    ],
    [
      'a host that does not exist',
      async () => request('http://nowhere.invalid'),
      /^cannot reach http:\/\/nowhere\.invalid: host not found$/,
    ],
    ['an endless answer', async () => request(`${plain.url}/long`), /: the answer is too long$/],
    ['another scheme', async () => request('ftp://x.example'), /: only http and https are supported$/],
    [
      'TLS where there is none',
      async () => request(plain.url.replace('http', 'https')),
      /: (?:the server does not speak TLS here|EPROTO|ERR_SSL_WRONG_VERSION_NUMBER)$/,
    ],
  ])('%s', async (_, make, message) => {
    await expect(sendRequest(await make(), hostOf())).rejects.toMatchObject({
      message: expect.stringMatching(message),
    });
  });

  test('a code of the caller is that of its errors', async () => {
    await expect(
      sendRequest(request('http://nowhere.invalid', { errorCode: 'write-failed' }), hostOf()),
    ).rejects.toMatchObject({ code: 'write-failed' });
  });

  test('a server that does not answer is left after a while, or when nobody waits', async () => {
    const server = createTcpServer(() => {});
    const url = await listen(server);
    await expect(sendRequest(request(url, { timeout: 50 }), hostOf())).rejects.toMatchObject({
      message: expect.stringMatching(/: no answer in time$/),
    });
    await expect(sendRequest(request(url, { signal: AbortSignal.timeout(50) }), hostOf())).rejects.toThrow();
    server.close();
  });
});

describe('a request by a proxy', () => {
  const seen: { method: string | undefined; url: string | undefined; auth: string | undefined }[] = [];
  const note: RequestListener = ({ method, url, headers }, response) => {
    seen.push({ method, url, auth: headers['proxy-authorization'] });
    response.end('from the proxy');
  };
  const server = createHttpServer(note);
  let proxy = '';
  beforeAll(async () => {
    server.on('connect', ({ method, url, headers }, socket) => {
      seen.push({ method, url, auth: headers['proxy-authorization'] });
      if (url?.startsWith('refused.')) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      const { port } = new URL(secure.url);
      const target = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    proxy = (await listen(server)).replace('http://', 'http://me:p%40ss@');
  });
  afterAll(() => void server.close());
  const auth = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;

  test('http is asked for by its whole URL', async () => {
    const answer = await sendRequest(request('http://a.invalid/x?y'), hostOf({ env: { HTTP_PROXY: proxy } }));
    expect(answer.body).toBe('from the proxy');
    expect(seen.splice(0)).toEqual([{ method: 'PUT', url: 'http://a.invalid/x?y', auth }]);
  });

  test('https goes through a tunnel, and the server is checked behind it', async () => {
    const tls = { ca: TLS.cert, checkServerIdentity: () => undefined };
    const host = hostOf({ env: { HTTPS_PROXY: proxy } });
    expect((await sendRequest(request('https://a.invalid:8200/x', { tls }), host)).body).toBe('ok');
    expect(seen.splice(0)).toEqual([{ method: 'CONNECT', url: 'a.invalid:8200', auth }]);
    expect(secure.received.at(-1)).toMatchObject({ path: '/x', body: 'é', headers: { host: 'a.invalid:8200' } });
    expect(secure.received.at(-1)?.headers['proxy-authorization']).toBeUndefined();
    await expect(sendRequest(request('https://a.invalid/'), roots({ HTTPS_PROXY: proxy }))).rejects.toMatchObject({
      message: expect.stringMatching(/does not match certificate/),
    });
  });

  test('one that refuses, and one of another kind', async () => {
    await expect(sendRequest(request('https://refused.invalid/'), roots({ HTTPS_PROXY: proxy }))).rejects.toMatchObject(
      {
        message: expect.stringMatching(
          /^cannot reach https:\/\/refused\.invalid: the proxy 127\.0\.0\.1:\d+ answered 403$/,
        ),
      },
    );
    await expect(
      sendRequest(request('https://a.invalid/'), roots({ HTTPS_PROXY: 'socks5://x:y@127.0.0.1:1' })),
    ).rejects.toMatchObject({
      message: 'cannot reach https://a.invalid: a proxy must be of the form http://host:port',
    });
  });
});

describe('a request that failed for a moment', () => {
  test('retries wait as long as the rule says, and not for a server that wants too much patience', async () => {
    let asked = 0;
    const service = await HttpService.start(({ path }) => {
      asked += 1;
      if (path === '/patient') return { status: 503, headers: { 'retry-after': '3600' }, body: '' };
      return { status: asked < 3 ? 503 : 200, body: '' };
    });
    const waits: number[] = [];
    const rule = {
      retries: 3,
      wait: (retry: number) => Math.min(1, waits.push(retry)),
      isPassing: (status: number) => status === 503,
    };
    expect((await sendWithRetries(request(service.url), rule, hostOf())).status).toBe(200);
    expect(waits).toEqual([1, 2]);
    expect((await sendWithRetries(request(`${service.url}/patient`), rule, hostOf())).status).toBe(503);
    expect(asked).toBe(4);
    await service.close();
  });

  test('a broken connection is tried again', async () => {
    let asked = 0;
    const server = createTcpServer((socket) => {
      asked += 1;
      if (asked === 1) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n');
    });
    const rule = { retries: 1, wait: () => 1, isPassing: () => false };
    expect((await sendWithRetries(request(await listen(server)), rule, hostOf())).status).toBe(204);
    server.close();
  });
});

describe('answers', () => {
  test('words are one line, short, and without secrets', () => {
    expect(serviceWords(' a\r\n\tb  s3cret s3cret ', ['s3cret', ''])).toBe('a b … …');
    expect(serviceWords('x'.repeat(1000))).toHaveLength(301);
  });

  test('members are those of JSON objects', () => {
    expect(textMember(answerMembers('{"a":"b","__proto__":"c"}'), '__proto__')).toBe('c');
    for (const body of ['', '<html>', '5', 'null', '"a"']) expect(answerMembers(body)).toBeUndefined();
    for (const body of ['{"a":5}', '{"a":""}', '{}']) expect(textMember(answerMembers(body), 'a')).toBeUndefined();
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a connection', () => {
  /** A server that counts its connections, and closes them after so many requests without a word. */
  async function counting(most = Number.POSITIVE_INFINITY) {
    let connections = 0;
    const served = new WeakMap<object, number>();
    const server = createHttpServer((incoming, response) => {
      const { socket } = incoming;
      const before = served.get(socket) ?? 0;
      served.set(socket, before + 1);
      if (before >= most) socket.destroy();
      else response.end('ok');
    }).on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      connections: () => connections,
      close: () => server.close(),
    };
  }
  const rule = { retries: 0, wait: () => 0, isPassing: () => false };

  test('is used again for what may be sent twice, and not for anything else', async () => {
    const server = await counting();
    for (let at = 0; at < 3; at++) await sendWithRetries(request(server.url), rule, hostOf());
    expect(server.connections()).toBe(1);
    for (let at = 0; at < 2; at++)
      await sendWithRetries(request(server.url), { ...rule, onlyAnswered: true }, hostOf());
    expect(server.connections()).toBe(3);
    server.close();
  });

  test('that the server has closed meanwhile is made anew, which is no failure', async () => {
    const server = await counting(1);
    for (let at = 0; at < 3; at++) {
      expect((await sendWithRetries(request(server.url), rule, hostOf())).body).toBe('ok');
    }
    server.close();
  });
});
