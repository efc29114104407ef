/** The ways in which using a key of AWS can fail: its credentials come from many places. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { AwsService } from './aws-service.js';
import { type Failure, gone, modeOf, nowhere, type Places, type Subject } from './failure-subject.js';
import { HttpService, type Reply } from './http-service.js';
import { ProgramFolder } from './programs.js';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';
const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
const DENIED = `User: arn:aws:iam::123456789012:user/me is not authorized to perform: kms:Decrypt on resource: ${KEY} because no identity-based policy allows it`;

/** What the service says instead of its answer, until it is restored. */
class Front {
  reply: Reply | undefined;

  says(name: string, message: string): () => void {
    return () => {
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      this.reply = { status: 400, headers, body: JSON.stringify({ __type: name, message }) };
    };
  }
}

export async function aws(folder: string): Promise<Subject> {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const service = await AwsService.start();
  const places = await nowhere();
  const front = new Front();
  const http = await HttpService.start((request) => front.reply ?? service.respond(request));
  const programs = new ProgramFolder();
  writeProfiles(folder, programs);
  return {
    flag: '--kms',
    key: KEY,
    env: {
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'the-secret-key',
      AWS_SESSION_TOKEN: 'the-session-token',
      AWS_ENDPOINT_URL: http.url,
    },
    secrets: ['the-secret-key', 'the-session-token'],
    names: [
      [places.refused, 'REFUSED'],
      [folder, '/home/me'],
      [programs.path, '/programs'],
    ],
    failures: [...failuresOfCredentials(), ...failuresOfKeys(front, service), ...failuresOfPlaces(places, service)],
    restore() {
      service.mode = 'properly';
      front.reply = undefined;
    },
    async close() {
      vi.unstubAllEnvs();
      programs.remove();
      await Promise.all([service.http.close(), http.close(), places.close()]);
    },
  };
}

function writeProfiles(folder: string, programs: ProgramFolder): void {
  const failing = programs.addShellScript('login', 'echo "login: the ticket has expired" >&2; exit 4');
  const role = 'role_arn = arn:aws:iam::123456789012:role/x';
  const profiles: Readonly<Record<string, string>> = {
    sso: 'sso_start_url = https://sso.example\nsso_region = eu-central-1\nsso_account_id = 1\nsso_role_name = r\n',
    process: `credential_process = ${failing} --password the-secret-key`,
    hanging: `credential_process = ${programs.addShellScript('hangs', 'exec sleep 600')}`,
    'without-source': `${role}\nsource_profile = absent`,
    half: 'aws_access_key_id = AKIAEXAMPLE',
    empty: 'region = eu-central-1',
    'no-token': `${role}\nweb_identity_token_file = /nonexistent/token`,
  };
  const sections = Object.entries(profiles).map(([name, settings]) => `[profile ${name}]\n${settings}\n`);
  const config = join(folder, '.aws', 'config');
  mkdirSync(join(folder, '.aws'), { recursive: true });
  writeFileSync(config, sections.join('\n'));
  // For single sign-on the SDK looks at the process's own environment.
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', config);
}

function failuresOfCredentials(): Failure[] {
  const by = (profile: string) => ({ ...gone(CREDENTIALS), AWS_PROFILE: profile });
  const broken = (profile: string): Failure => ({
    name: `broken profile (${profile})`,
    env: by(profile),
    only: 'decrypt',
  });
  return [
    { name: 'no credentials', env: gone(CREDENTIALS) },
    { name: 'unknown profile', env: by('absent') },
    { name: 'expired login (SSO)', env: by('sso') },
    ...['process', 'without-source', 'half', 'empty', 'no-token'].map(broken),
    {
      name: 'credential process that hangs',
      only: 'decrypt',
      env: { ...by('hanging'), SOPS_TS_KEY_TIMEOUT: '4' },
    },
  ];
}

function failuresOfKeys(front: Front, service: AwsService): Failure[] {
  const expired = 'The security token included in the request is expired';
  const invalid = 'The security token included in the request is invalid.';
  return [
    {
      name: 'wrong encryption context',
      only: 'decrypt',
      edit: (text) => text.replace(/^( +)(- )?arn:.*$/m, (line) => `${line}\n          context:\n            app: web`),
      arrange: front.says('InvalidCiphertextException', ''),
    },
    { name: 'expired login (session token)', arrange: front.says('ExpiredTokenException', expired) },
    { name: 'wrong credentials', arrange: front.says('UnrecognizedClientException', invalid) },
    { name: 'refused signature', arrange: modeOf(service)('refusing') },
    { name: 'denied', arrange: front.says('AccessDeniedException', DENIED) },
    { name: 'absent key', arrange: front.says('NotFoundException', `Key '${KEY}' does not exist`) },
    { name: 'disabled key', arrange: front.says('DisabledException', `${KEY} is disabled.`) },
    { name: 'wrong key', only: 'decrypt', key: KEY.replace('7714839b', '00000000') },
    { name: 'malformed key', key: 'arn:aws:kms:x' },
    { name: 'role refused', key: `${KEY}+arn:aws:iam::123456789012:role/refused`, only: 'encrypt' },
  ];
}

function failuresOfPlaces({ refused, unknown, deaf }: Places, service: AwsService): Failure[] {
  return [
    { name: 'no network', env: { AWS_ENDPOINT_URL: `http://${refused}` } },
    { name: 'unknown host', env: { AWS_ENDPOINT_URL: `http://${unknown}` } },
    { name: 'no answer', env: { AWS_ENDPOINT_URL: `http://${deaf}` } },
    { name: 'foreign answer', arrange: modeOf(service)('nonsense') },
    { name: 'empty answer', arrange: modeOf(service)('without-field') },
  ];
}
