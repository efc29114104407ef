/** The AWS KMS provider against what the real sops sent and got (fixtures/keys/wire), through the real main. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sessionNameOf } from '../../../src/keys/aws-kms/arn.js';
import { run, withoutNotes } from '../../support/run.js';
import type { Received } from './http-service.js';
import { type Exchange, Playback, recordingOf } from './wire.js';

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';
const ALIAS = 'arn:aws:kms:eu-central-1:123456789012:alias/sops';
const ROLE = 'arn:aws:iam::123456789012:role/sops';

const CASES: readonly [string, readonly string[]][] = [
  ['aws-plain', ['--kms', ARN]],
  ['aws-alias', ['--kms', ALIAS]],
  ['aws-role-context', ['--kms', `${ARN}+${ROLE}`, '--encryption-context', 'app:web,stage:prod']],
];

/** A request in terms that do not depend on the order of fields, the time, or what an SDK adds of its own. */
interface Facts {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly target: string | undefined;
  /** Region and service of the signature. */
  readonly scope: string | undefined;
  /** Whether a session's token is signed. */
  readonly session: boolean;
  readonly body: Record<string, unknown>;
}

function factsOf({ method, path, headers, body }: Pick<Received, 'method' | 'path' | 'headers' | 'body'>): Facts {
  const type = headers['content-type'];
  const authorization = headers.authorization ?? '';
  return {
    method,
    path,
    type,
    target: headers['x-amz-target'] as string | undefined,
    scope: /^AWS4-HMAC-SHA256 Credential=[^/]+\/[^/]+\/([^,]+)/.exec(authorization)?.[1],
    session: authorization.includes('x-amz-security-token'),
    body: type?.includes('json') ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body)),
  };
}

function recordedFacts({ headers, ...rest }: Exchange): Facts {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return factsOf({ ...rest, headers: Object.fromEntries(lower) });
}

/** Facts but for what differs from run to run: the data key, and the host in the session's name. */
function comparable(facts: Facts): Facts {
  const { Plaintext, RoleSessionName, ...body } = facts.body;
  const bytes = typeof Plaintext === 'string' ? { Plaintext: Buffer.from(Plaintext, 'base64').length } : {};
  const session = typeof RoleSessionName === 'string' ? { RoleSessionName: RoleSessionName.slice(0, 5) } : {};
  return { ...facts, body: { ...body, ...bytes, ...session } };
}

describe.each(CASES)('%s', (name, flags) => {
  const recording = recordingOf(name);
  let playback: Playback;
  afterEach(() => playback.close());
  const env = () => ({
    HOME: playback.folder,
    AWS_ENDPOINT_URL: playback.url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    SOPS_AWS_ROLE_ALLOWLIST: ROLE,
  });

  test('decrypt sends what sops sent, and opens the file with what it got', async () => {
    playback = await Playback.start(recording, recording.on_decrypt);
    const ran = await run(['decrypt', playback.encrypted], { cwd: playback.folder, env: env() });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    expect(ran.stdout.toString()).toBe(recording.plaintext);
    expect(playback.received.map(factsOf).map(comparable)).toEqual(
      recording.on_decrypt.map(recordedFacts).map(comparable),
    );
  });

  test('encrypt sends what sops sent, and keeps what it got', async () => {
    playback = await Playback.start(recording, recording.on_encrypt);
    const ran = await run(['encrypt', ...flags, playback.plain], { cwd: playback.folder, env: env() });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    expect(playback.received.map(factsOf).map(comparable)).toEqual(
      recording.on_encrypt.map(recordedFacts).map(comparable),
    );
    const theirs = parse(readFileSync(join(playback.folder, playback.encrypted), 'utf8')).sops.kms[0];
    const [ours] = parse(ran.stdout.toString()).sops.kms;
    const answer = JSON.parse(recording.on_encrypt.at(-1)?.response ?? '');
    expect(ours).toEqual({ ...theirs, created_at: ours.created_at, enc: answer.CiphertextBlob });
  });
});

test('the session is called as sops calls it', async () => {
  const { on_decrypt, on_encrypt } = recordingOf('aws-role-context');
  expect(on_encrypt[0]?.body).toContain(`RoleSessionName=${encodeURIComponent(sessionNameOf('ci-runner_7.example'))}`);
  const playback = await Playback.start(recordingOf('aws-role-context'), on_decrypt);
  const env = {
    AWS_ENDPOINT_URL: playback.url,
    AWS_ACCESS_KEY_ID: 'A',
    AWS_SECRET_ACCESS_KEY: 's',
    SOPS_AWS_ROLE_ALLOWLIST: 'all',
  };
  await run(['decrypt', playback.encrypted], { cwd: playback.folder, env });
  const form = new URLSearchParams(playback.received[0]?.body);
  expect(form.get('RoleSessionName')).toBe(sessionNameOf(hostname()));
  await playback.close();
});
