/** Content in the place of a path, which no message shows. */
import { describe, expect, test } from 'vitest';
import { findGoogleCredentials } from '../../../src/services/gcp/credentials.js';
import { readTlsRoots } from '../../../src/services/http/tls-roots.js';
import { isContent } from '../../../src/util/text/content-as-path.js';
import { hostOf } from '../keys/host.js';

describe('what is content', () => {
  test.each([
    'a: 1\nb: 2',
    'A=1\n',
    '{"private_key":"x"}',
    '/srv/{\n"a": 1}',
    '-----BEGIN PRIVATE KEY-----\nx',
    'AGE-SECRET-KEY-1X',
    'C:\\work\\eyJhbGciOiJIUzI1NiJ9.e30.x',
  ])('%j', (path) => {
    expect(isContent(path)).toBe(true);
  });

  test.each([
    'a.yaml',
    '/srv/{a,b}.json',
    'C:\\a\\b.yaml',
    'a\nb',
    'key=value.env',
    '{id}.yaml',
    'notes: a.yaml',
    'eyJ.yaml',
    '',
  ])('not %j', (path) => {
    expect(isContent(path)).toBe(false);
  });

  test('is told in linear time', () => {
    const started = performance.now();
    expect(isContent(`${'\n '.repeat(200_000)}x`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a variable for a path that has content', () => {
  const SECRET = 'hunter2';
  const shown = (error: unknown): string => {
    const { message, hint, cause } = error as { message: string; hint?: string; cause?: Error };
    return `${message} ${hint} ${cause?.message} ${cause?.stack}`;
  };

  test('of credentials for GCP', async () => {
    const env = { GOOGLE_APPLICATION_CREDENTIALS: `{"private_key":"${SECRET}"}` };
    const error = await findGoogleCredentials(hostOf({ env })).catch(shown);
    expect(error).toContain('it is named by content and not by a path');
    expect(error).toContain('GOOGLE_CREDENTIALS takes their text as well');
    expect(error).not.toContain(SECRET);
  });

  test('of certificates', async () => {
    const env = { SSL_CERT_FILE: `-----BEGIN CERTIFICATE-----\n${SECRET}` };
    const error = await readTlsRoots(hostOf({ env })).catch(shown);
    expect(error).toContain('the certificates of SSL_CERT_FILE');
    expect(error).not.toContain(SECRET);
  });
});
