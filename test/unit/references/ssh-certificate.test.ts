/** The end of certificates that ssh-keygen made: `-V 20300101000000Z:20310101000000Z`. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sshCertificateEnd } from '../../../src/references/ssh-certificate.js';

const FOLDER = new URL('../../../fixtures/references/ssh/', import.meta.url);
const END = Date.parse('2031-01-01T00:00:00Z') / 1000;

test.each(['ed25519', 'rsa', 'ecdsa'])('of a key of %s is read, and of a part of it none', (kind) => {
  const text = readFileSync(new URL(`${kind}-cert.pub`, FOLDER), 'utf8');
  expect(sshCertificateEnd(text)).toBe(END);
  for (let length = 0; length < 200; length += 7) expect(sshCertificateEnd(text.slice(0, length))).toBeUndefined();
});

test('of a certificate without an end, and of a key, there is none', () => {
  const text = readFileSync(new URL('ed25519-cert.pub', FOLDER), 'utf8');
  const [kind = '', encoded = ''] = text.split(' ');
  const bytes = Buffer.from(encoded, 'base64');
  const written = Buffer.alloc(8);
  written.writeBigUInt64BE(BigInt(END));
  bytes.fill(0xff, bytes.indexOf(written), bytes.indexOf(written) + 8);
  expect(sshCertificateEnd(`${kind} ${bytes.toString('base64')}`)).toBeUndefined();
  expect(
    sshCertificateEnd('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl2yqYtyRdA7ZDY5dN2qZ0hYo2N9xVCkGtHw8t5mF2d'),
  ).toBeUndefined();
});
