/** The manifest of the demo is what the commands for Kubernetes take. */
import { cpSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { VALUES_ONLY } from '../../support/layout.js';
import { sealedPath } from '../../support/sealed.js';

const MANIFEST = new URL('../../../fixtures/demo/', import.meta.url).pathname;

let desk: Desk;
beforeEach(async () => {
  desk = new Desk();
  cpSync(MANIFEST, desk.path('k8s'), { recursive: true });
  expect(await desk.run(['encrypt', '-i', ...VALUES_ONLY, 'k8s/deployment.yaml'])).toMatchObject({
    status: 0,
    stderr: '',
  });
});
afterEach(() => desk.remove());

test('Flux’s controller would decrypt it', async () => {
  const ran = await desk.run(['flux', 'check', 'k8s']);
  expect(ran.stdout.toString()).toContain('checked 1 encrypted file(s): no finding(s)');
  expect(ran.status).toBe(0);
});

test('seal takes it, and all of it opens again', async () => {
  const words = ['--cert', sealedPath('keys/a.cert.pem'), 'k8s/deployment.yaml'];
  const sealed = await desk.run(['seal', ...words]);
  expect(sealed).toMatchObject({ status: 0, stderr: '' });
  desk.write('sealed.json', sealed.stdout);
  const verified = await desk.run(['seal', 'verify', '--private-key', sealedPath('keys/a.key.pem'), 'sealed.json']);
  expect(verified.stdout.toString()).toBe(
    'SealedSecret shop/payments: 6 values open\nSealedSecret shop/payments-reports: 3 values open\n',
  );
});

test('kustomize takes it for a resource, once it is decrypted', async () => {
  desk.write('k8s/kustomization.yaml', 'resources: [deployment.yaml]\n');
  expect((await desk.run(['decrypt', '-i', 'k8s/deployment.yaml'])).status).toBe(0);
  expect((await desk.run(['kustomize', 'check', 'k8s'])).status).toBe(0);
});
