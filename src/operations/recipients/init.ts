/** `init`: an age key where there is none, and a first `.sops.yaml`. What is there stays, but for what is empty or broken off. */

import { dirname, join, relative } from 'node:path';
import { findConfig } from '../../config/find.js';
import { firstConfigText, type NamedAgeRecipient, SCHEMA_NAME } from '../../config/first-config.js';
import { configSchema } from '../../config/schema.js';
import { SopsError } from '../../errors.js';
import { repositoryOf } from '../../exec/git/places.js';
import {
  findOwnIdentity,
  newKeyFile,
  type OwnIdentity,
  placeOfNewKey,
  unfinishedKeyFile,
} from '../../keys/age/own-identity.js';
import { keyTypeRow } from '../../keys/registry.js';
import { openRun } from '../../run/run.js';
import { lstatOrThrow, statOrThrow, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { mkdir } from '../../util/files/fs-promises.js';
import { tellSwept } from '../../util/files/leftovers.js';
import { writeNewFile } from '../../util/files/new-file.js';
import { resolve } from '../../util/files/paths.js';
import { replaceFile } from '../../util/files/replace-file.js';
import { makingFiles } from '../../util/half-done.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { compileRe2 } from '../../util/text/re2.js';
import { encodeText } from '../../util/text/text.js';
import { withoutSurrounding } from '../../util/text/trim.js';

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
    /** The name of a first file that its rules are for, whose folder is there. */
    readonly example?: string | undefined;
  } | null;
  /** What the user should do something about. */
  readonly warnings: readonly string[];
}

/** Makes what is missing. Throws `key`, `config`, `usage`, and `output-unwritable` without leaving anything half made; it names what it made before. */
export async function initialize(request: InitRequest, surroundings: Host): Promise<InitOutcome> {
  const host = sessionOf(surroundings);
  await checkWords(request);
  const given = await givenRecipients(request, host);
  return makingFiles((note) => makeMissing(request, { given, note, host }));
}

interface Making {
  readonly given: readonly NamedAgeRecipient[];
  readonly host: Session;
  /** Takes the path of each file that was made. */
  note(path: string): void;
}

async function makeMissing(request: InitRequest, { given, note, host }: Making): Promise<InitOutcome> {
  const key = given.length > 0 ? null : await ownKey(request, host);
  if (key?.isNew) note(key.location);
  const warnings = key && !key.isNew ? warningsOf(key, host) : [];
  const existing = host.env.SOPS_CONFIG || findConfig(host);
  const unfinished = existing ? unfinishedConfig(resolve(host.cwd, existing)) : undefined;
  if (existing && unfinished === undefined) return { key, config: await keptConfig(existing, key, host), warnings };
  const recipients = key?.recipient ? [{ name: nameOf(request, host), recipient: key.recipient }] : given;
  if (recipients.length === 0) return { key, config: null, warnings };
  const path = existing ? resolve(host.cwd, existing) : join(repositoryOf(host.cwd) ?? host.cwd, '.sops.yaml');
  const shown = relative(host.cwd, path);
  const count = `${recipients.length} recipient(s)`;
  const question = unfinished ? `${shown} holds no rules. Replace it by one with` : `Write ${shown} with`;
  if (!(await request.confirm(`${question} ${count}?`))) return { key, config: null, warnings };
  const { pathRegex, encryptedRegex } = request;
  const rule = pathRegex === undefined ? undefined : { pathRegex, encryptedRegex };
  const text = firstConfigText({ recipients, rule });
  if (unfinished) await replaceUnfinished(path, text, unfinished, host);
  else await writeNewFile(path, text, 0o666);
  note(shown);
  if (await writeSchema(dirname(path))) note(relative(host.cwd, join(dirname(path), SCHEMA_NAME)));
  const example = rule ? undefined : FIRST_FILE;
  if (example) await makeFirstFolder(resolve(host.cwd, dirname(example)));
  return { key, config: { path: shown, isNew: true, namesKey: key !== null, example }, warnings };
}

/** The schema that the configuration names to editors; false for one that is there, which stays. */
async function writeSchema(folder: string): Promise<boolean> {
  const path = join(folder, SCHEMA_NAME);
  if (statOrThrow(path)) return false;
  await writeNewFile(path, `${JSON.stringify(configSchema(), null, 2)}\n`, 0o666);
  return true;
}

/** A name that the usual rules are for. */
const FIRST_FILE = 'secrets/app.yaml';

async function makeFirstFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const hint = 'Make the folder yourself.';
    throw new SopsError('output-unwritable', `cannot make ${path}: ${systemReason(cause)}`, {
      file: path,
      hint,
      cause,
    });
  }
}

/** The bytes of a configuration that says nothing, as a run that was ended may leave it; undefined for any other. */
function unfinishedConfig(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path);
    const lines = bytes.toString('latin1').replaceAll('\0', '').split('\n');
    return lines.every((line) => line.trim() === '' || line.startsWith('#')) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function replaceUnfinished(path: string, text: string, read: Uint8Array, host: Host): Promise<void> {
  host.warn(`${path} was empty or broken off, and is written anew`);
  await replaceFile(path, encodeText(text), { read, warn: (message) => host.warn(message) });
}

async function keptConfig(path: string, key: InitOutcome['key'], host: Session): Promise<InitOutcome['config']> {
  let text = '';
  try {
    text = readFileSync(resolve(host.cwd, path), 'utf8');
  } catch (cause) {
    throw new SopsError('config', `could not read config file: ${path}: ${systemReason(cause)}`, { cause });
  }
  await openRun({ configPath: path }, host).catch((error: unknown) => {
    if (!(error instanceof SopsError)) throw error;
    host.warn(`${path} cannot be used as it is; mend it, or remove it and run sops-ts init again: ${error.message}`);
  });
  return { path, isNew: false, namesKey: key?.recipient !== undefined && text.includes(key.recipient) };
}

/** The recipients of flags. Throws `key` for a malformed one. */
async function givenRecipients({ recipients, name }: InitRequest, host: Session): Promise<NamedAgeRecipient[]> {
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
    throw new SopsError(
      'usage',
      `Incorrect Usage: ${JSON.stringify(name)} is not a name: letters, digits, _ and - are`,
    );
  }
}

/** The key that is there, or a new one. Null when none was wanted. */
async function ownKey(request: InitRequest, host: Session): Promise<InitOutcome['key']> {
  const path = request.keyFile === undefined ? placeOfNewKey(host) : resolve(host.cwd, request.keyFile);
  // A run that was killed may have left a key there.
  tellSwept(dirname(path), host);
  const existing = await findOwnIdentity(host);
  if (existing && existing.recipient === undefined) throw namelessKey(existing);
  if (existing && request.keyFile === undefined) return { ...existing, isNew: false };
  const unfinished = unfinishedKeyFile(path);
  await checkPlace(path, unfinished !== undefined, host);
  const question = unfinished ? `${path} holds no key. Replace it by a new age key?` : `Make an age key in ${path}?`;
  if (!(await request.confirm(question))) return null;
  const { text, recipient } = newKeyFile(new Date());
  if (unfinished) await replaceUnfinished(path, text, unfinished, host);
  else await writeNewFile(path, text, 0o600);
  return { location: path, recipient, kind: 'an age identity', isNew: true };
}

function namelessKey({ location, kind }: OwnIdentity): SopsError {
  return new SopsError('key', `the key in ${location} is ${kind}, which does not tell its recipient`, {
    hint: 'Give the recipient with --age.',
  });
}

/** A key must not lie where it is committed one day. Throws `key`. */
async function checkPlace(path: string, isUnfinished: boolean, host: Session): Promise<void> {
  if (!isUnfinished && isThere(path)) {
    throw new SopsError('key', `${path} is there already (${await contentOf(path, host)}), and is never overwritten`, {
      hint: 'Name another file with --key-file, or that one by SOPS_AGE_KEY_FILE.',
    });
  }
  const root = repositoryOf(dirname(path));
  if (root === undefined) return;
  throw new SopsError('key', `${path} lies in the repository ${root}, where it would be committed one day`, {
    hint: 'Name a file outside of it with --key-file, and set SOPS_AGE_KEY_FILE to that.',
  });
}

/** Links are not followed: even one that leads nowhere is something that stands there. */
function isThere(path: string): boolean {
  return lstatOrThrow(path) !== undefined;
}

/** What a file at the place of a new key is, without anything of it. */
async function contentOf(path: string, host: Session): Promise<string> {
  const env = { ...host.env, SOPS_AGE_KEY: undefined, SOPS_AGE_KEY_FILE: path };
  const found = await findOwnIdentity(host.fork({ env })).catch(() => null);
  if (found?.location !== 'SOPS_AGE_KEY_FILE') return 'it holds no age key';
  return found.recipient === undefined ? found.kind : `the key of ${found.recipient}`;
}

/** A key that somebody put into a repository. */
function warningsOf({ location }: OwnIdentity, host: Host): string[] {
  const path = host.env[location] ?? location;
  const isFile = statOrThrow(resolve(host.cwd, path)) !== undefined;
  const root = isFile ? repositoryOf(dirname(resolve(host.cwd, path))) : undefined;
  if (root === undefined) return [];
  return [`the key file ${path} lies in the repository ${root}: move it out, or it is committed one day`];
}

/** What the user's key is called: as the user is, as far as an anchor can be. */
function nameOf({ name }: InitRequest, { env }: Host): string {
  const wanted = name ?? env.USER ?? env.LOGNAME ?? env.USERNAME ?? '';
  return withoutSurrounding(wanted.replaceAll(/[^A-Za-z0-9_-]+/g, '_'), '_') || 'me';
}
