/** The ways in which using a key of AWS can fail: its credentials come from many places. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { AwsService } from './aws-service.js';
import { gone, nowhere, type Subject } from './failure-subject.js';
import { HttpService, type Reply } from './http-service.js';
import { ProgramFolder } from './programs.js';

export async function aws(folder: string): Promise<Subject> {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const service = await AwsService.start();
  const places = await nowhere();
  let reply: Reply | undefined;
  const front = await HttpService.start((request) => reply ?? service.respond(request));
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';
  const credentials = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const exception = (name: string, message: string) => () => {
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    reply = { status: 400, headers, body: JSON.stringify({ __type: name, message }) };
  };
  mkdirSync(join(folder, '.aws'), { recursive: true });
  const sso = 'sso_start_url = https://sso.example\nsso_region = eu-central-1\nsso_account_id = 1\nsso_role_name = r\n';
  const programs = new ProgramFolder();
  const failing = programs.addShellScript('login', 'echo "login: the ticket has expired" >&2; exit 4');
  const role = 'role_arn = arn:aws:iam::123456789012:role/x';
  const profiles: Readonly<Record<string, string>> = {
    sso,
    process: `credential_process = ${failing} --password the-secret-key`,
    hanging: `credential_process = ${programs.addShellScript('hangs', 'exec sleep 600')}`,
    'without-source': `${role}\nsource_profile = absent`,
    half: 'aws_access_key_id = AKIAEXAMPLE',
    empty: 'region = eu-central-1',
    'no-token': `${role}\nweb_identity_token_file = /nonexistent/token`,
  };
  const sections = Object.entries(profiles).map(([name, settings]) => `[profile ${name}]\n${settings}\n`);
  writeFileSync(join(folder, '.aws', 'config'), sections.join('\n'));
  const broken = (profile: string) => ({
    name: `broken profile (${profile})`,
    env: { ...gone(credentials), AWS_PROFILE: profile },
    only: 'decrypt' as const,
  });
  // For single sign-on the SDK looks at the process's own environment.
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, '.aws', 'config'));
  const denied = `User: arn:aws:iam::123456789012:user/me is not authorized to perform: kms:Decrypt on resource: ${key} because no identity-based policy allows it`;
  return {
    flag: '--kms',
    key,
    env: {
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'the-secret-key',
      AWS_SESSION_TOKEN: 'the-session-token',
      AWS_ENDPOINT_URL: front.url,
    },
    secrets: ['the-secret-key', 'the-session-token'],
    names: [
      [places.refused, 'REFUSED'],
      [folder, '/home/me'],
      [programs.path, '/programs'],
    ],
    failures: [
      { name: 'no credentials', env: gone(credentials) },
      { name: 'unknown profile', env: { ...gone(credentials), AWS_PROFILE: 'absent' } },
      { name: 'expired login (SSO)', env: { ...gone(credentials), AWS_PROFILE: 'sso' } },
      ...['process', 'without-source', 'half', 'empty', 'no-token'].map(broken),
      {
        name: 'credential process that hangs',
        only: 'decrypt',
        env: { ...broken('hanging').env, SOPS_TS_KEY_TIMEOUT: '4' },
      },
      {
        name: 'wrong encryption context',
        only: 'decrypt',
        edit: (text) =>
          text.replace(/^( +)(- )?arn:.*$/m, (line) => `${line}\n          context:\n            app: web`),
        arrange: exception('InvalidCiphertextException', ''),
      },
      {
        name: 'expired login (session token)',
        arrange: exception('ExpiredTokenException', 'The security token included in the request is expired'),
      },
      {
        name: 'wrong credentials',
        arrange: exception('UnrecognizedClientException', 'The security token included in the request is invalid.'),
      },
      {
        name: 'refused signature',
        arrange: () => {
          service.mode = 'refusing';
        },
      },
      { name: 'denied', arrange: exception('AccessDeniedException', denied) },
      { name: 'absent key', arrange: exception('NotFoundException', `Key '${key}' does not exist`) },
      { name: 'disabled key', arrange: exception('DisabledException', `${key} is disabled.`) },
      { name: 'wrong key', only: 'decrypt', key: key.replace('7714839b', '00000000') },
      { name: 'malformed key', key: 'arn:aws:kms:x' },
      { name: 'role refused', key: `${key}+arn:aws:iam::123456789012:role/refused`, only: 'encrypt' },
      { name: 'no network', env: { AWS_ENDPOINT_URL: `http://${places.refused}` } },
      { name: 'unknown host', env: { AWS_ENDPOINT_URL: `http://${places.unknown}` } },
      { name: 'no answer', env: { AWS_ENDPOINT_URL: `http://${places.deaf}` } },
      {
        name: 'foreign answer',
        arrange: () => {
          service.mode = 'nonsense';
        },
      },
      {
        name: 'empty answer',
        arrange: () => {
          service.mode = 'without-field';
        },
      },
    ],
    restore() {
      service.mode = 'properly';
      reply = undefined;
    },
    async close() {
      vi.unstubAllEnvs();
      programs.remove();
      await Promise.all([service.http.close(), front.close(), places.close()]);
    },
  };
}
