/** `init`: an age key where there is none, and a first `.sops.yaml`. Nothing that is there is ever changed. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { findConfig } from '../config/find.js';
import { firstConfigText, type NamedAgeRecipient } from '../config/first-config.js';
import { SopsError } from '../errors.js';
import { findOwnIdentity, newKeyFile, type OwnIdentity, placeOfNewKey } from '../keys/age/own-identity.js';
import { keyTypeRow } from '../keys/registry.js';
import { systemReason } from '../util/files.js';
import type { Host } from '../util/host.js';
import { writeNewFile } from '../util/new-file.js';
import { compileRe2 } from '../util/re2.js';
import { withoutSurrounding } from '../util/trim.js';

export interface InitRequest {
  /** age recipients that the configuration is to name, separated by commas; undefined for the user's own key. */
  readonly recipients?: string | undefined;
  /** What the user's key is called in the configuration. */
  readonly name?: string | undefined;
  /** Where a new key is written; undefined for the place where age keys are looked for. */
  readonly keyFile?: string | undefined;
  /** One rule instead of the usual ones. */
  readonly pathRegex?: string | undefined;
  readonly encryptedRegex?: string | undefined;
  /** Asks before something is made; rejects when nobody answers. */
  confirm(question: string): Promise<boolean>;
}

/** What was done. The path of the configuration is as seen from the working directory. */
export interface InitOutcome {
  /** Null when recipients were given, or none was wanted. */
  readonly key: (OwnIdentity & { readonly isNew: boolean }) | null;
  /** Null when none was wanted. */
  readonly config: {
    readonly path: string;
    readonly isNew: boolean;
    /** Whether it has the user's key among its recipients. */
    readonly namesKey: boolean;
  } | null;
  /** What the user should do something about. */
  readonly warnings: readonly string[];
}

/** Makes what is missing. Throws `key`, `config`, `usage`, and `output-unwritable` without leaving anything half made. */
export async function initialize(request: InitRequest, host: Host): Promise<InitOutcome> {
  await checkWords(request);
  const given = await givenRecipients(request, host);
  const root = repositoryOf(host.cwd);
  const key = given.length > 0 ? null : await ownKey(request, host);
  const warnings = key && !key.isNew ? warningsOf(key, host) : [];
  const existing = host.env.SOPS_CONFIG || findConfig(host);
  if (existing) return { key, config: keptConfig(existing, key, host), warnings };
  const recipients = key?.recipient ? [{ name: nameOf(request, host), recipient: key.recipient }] : given;
  if (recipients.length === 0) return { key, config: null, warnings };
  const path = join(root ?? host.cwd, '.sops.yaml');
  const shown = relative(host.cwd, path);
  if (!(await request.confirm(`Write ${shown} with ${recipients.length} recipient(s)?`))) {
    return { key, config: null, warnings };
  }
  const { pathRegex, encryptedRegex } = request;
  const rule = pathRegex === undefined ? undefined : { pathRegex, encryptedRegex };
  await writeNewFile(path, firstConfigText({ recipients, rule }), 0o666);
  return { key, config: { path: shown, isNew: true, namesKey: key !== null }, warnings };
}

function keptConfig(path: string, key: InitOutcome['key'], host: Host): InitOutcome['config'] {
  let text = '';
  try {
    text = readFileSync(resolve(host.cwd, path), 'utf8');
  } catch (cause) {
    throw new SopsError('config', `could not read config file: ${path}: ${systemReason(cause)}`, { cause });
  }
  return { path, isNew: false, namesKey: key?.recipient !== undefined && text.includes(key.recipient) };
}

/** The recipients of flags. Throws `key` for a malformed one. */
async function givenRecipients({ recipients, name }: InitRequest, host: Host): Promise<NamedAgeRecipient[]> {
  const provider = await keyTypeRow('age')?.load?.();
  const keys = (await provider?.parse(recipients ?? '', host)) ?? [];
  const names = keys.length === 1 && name !== undefined ? [name] : keys.map((_, at) => `recipient_${at + 1}`);
  return keys.map((key, at) => ({ name: names[at] ?? '', recipient: provider?.keyString(key) ?? '' }));
}

async function checkWords({ name, pathRegex, encryptedRegex }: InitRequest): Promise<void> {
  if (encryptedRegex !== undefined && pathRegex === undefined) {
    throw new SopsError('usage', 'Incorrect Usage: --encrypted-regex needs --path-regex, which says for which files');
  }
  for (const pattern of [pathRegex ?? '', encryptedRegex ?? '']) {
    if (/[\0-\x1f\x7f]/.test(pattern))
      throw new SopsError('usage', 'Incorrect Usage: an expression is one line of text');
    await compileRe2(pattern);
  }
  if (name !== undefined && !/^[\w-]+$/.test(name)) {
    throw new SopsError('usage', `Incorrect Usage: ${JSON.stringify(name)} is no name: letters, digits, _ and - are`);
  }
}

/** The key that is there, or a new one. Null when none was wanted. */
async function ownKey(request: InitRequest, host: Host): Promise<InitOutcome['key']> {
  const existing = await findOwnIdentity(host);
  if (existing && existing.recipient === undefined) throw namelessKey(existing);
  if (existing && request.keyFile === undefined) return { ...existing, isNew: false };
  const path = request.keyFile === undefined ? placeOfNewKey(host) : resolve(host.cwd, request.keyFile);
  checkPlace(path);
  if (!(await request.confirm(`Make an age key in ${path}?`))) return null;
  const { text, recipient } = newKeyFile(new Date());
  await writeNewFile(path, text, 0o600);
  return { location: path, recipient, isNew: true };
}

function namelessKey({ location }: OwnIdentity): SopsError {
  return new SopsError('key', `the identity in ${location} does not tell its recipient`, {
    hint: 'Give the recipient with --age.',
  });
}

/** A key must not lie where it is committed one day. Throws `key`. */
function checkPlace(path: string): void {
  if (existsSync(path)) {
    throw new SopsError('key', `${path} is there already, and is never overwritten`, {
      hint: 'Name another file with --key-file, or that one by SOPS_AGE_KEY_FILE.',
    });
  }
  const root = repositoryOf(dirname(path));
  if (root === null) return;
  throw new SopsError('key', `${path} lies in the repository ${root}, where it would be committed one day`, {
    hint: 'Name a file outside of it with --key-file, and set SOPS_AGE_KEY_FILE to that.',
  });
}

/** A key that somebody put into a repository. */
function warningsOf({ location }: OwnIdentity, host: Host): string[] {
  const path = host.env[location] ?? location;
  const isFile = existsSync(resolve(host.cwd, path));
  const root = isFile ? repositoryOf(dirname(resolve(host.cwd, path))) : null;
  if (root === null) return [];
  return [`the key file ${path} lies in the repository ${root}: move it out, or it is committed one day`];
}

/** The folder of the git repository that a folder lies in, or null. A folder that is not there yet counts, too. */
function repositoryOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return null;
  }
}

/** What the user's key is called: as the user is, as far as an anchor can be. */
function nameOf({ name }: InitRequest, { env }: Host): string {
  const wanted = name ?? env.USER ?? env.LOGNAME ?? env.USERNAME ?? '';
  return withoutSurrounding(wanted.replaceAll(/[^A-Za-z0-9_-]+/g, '_'), '_') || 'me';
}
