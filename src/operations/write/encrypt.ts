/** `encrypt`: a plaintext file under a new data key, by the rules of `.sops.yaml` and the flags. */

import { Cipher } from '../../cipher/cipher.js';
import type { TreeResult } from '../../cipher/tree-cipher.js';
import { creationRuleFor } from '../../config/creation-rule.js';
import { parseEncryptionContext } from '../../config/encryption-context.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import type { Config, CreationRule } from '../../config/model.js';
import { binaryOptions, type FileOptions, fileOptionsFor } from '../../config/selection.js';
import { createDataKey } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import { holdsMarks, recognise } from '../../formats/recognise.js';
import { formatNamed, formatOfName } from '../../formats/registry.js';
import type { FormatStore, SourceFile } from '../../formats/store.js';
import type { KeyFields, KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { DEFAULT_SELECTION, type SelectionOption } from '../../metadata/metadata.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { openRun, type Run } from '../../run/run.js';
import type { EncryptionScope } from '../../tree/scope.js';
import { itemOf } from '../../tree/tree.js';
import type { Host, Log, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { oneLine } from '../../util/text/one-line.js';
import { writeOutput } from '../output.js';
import {
  checkExists,
  type FormatChoice,
  formatsForNew,
  nameOf,
  prepareFor,
  readerForNew,
  readInput,
  rowByName,
} from '../read/input.js';
import type { EncryptRequest, Outcome, SelectionFlags } from '../requests.js';
import { redoing } from '../retry-on-change.js';
import { noteFormat, noteName } from './name-notes.js';
import { sealFile } from './seal-file.js';
import { strayTextNote, surprisesIn, tellSurprises } from './surprises.js';

/** The SOPS release whose format is written; readers refuse a `version` that is not three numbers. */
export const FORMAT_VERSION = '3.13.2';

/** What flags and configuration say about a new file. */
export interface Plan {
  readonly run: Run;
  /** Reads the plaintext. */
  readonly reader: FormatStore;
  readonly keyGroups: readonly KeyGroup[];
  readonly options: FileOptions;
  readonly shamirThreshold: number;
}

/**
 * Encrypts one file. Nothing is written unless the result was read back and gives the original.
 * Throws SopsError, in the order of docs/command-line.md#encrypt.
 */
export async function encryptFile(request: EncryptRequest, given: Host): Promise<Outcome> {
  const host = sessionOf(given);
  if (!request.content) await checkExists(request.input, host);
  const plan = await planFor(request, host);
  const { reader } = plan;
  const scope = await scopeOf(plan.options.selection, 'encrypt');
  const printed = await redoing(() => encryptOnce(request, { plan, reader, scope, host: plan.run }));
  noteFormat(printed, host);
  noteName(request, reader, plan.run);
  return { warnings: [] };
}

interface Encryption {
  readonly plan: Plan;
  readonly reader: FormatStore;
  readonly scope: EncryptionScope;
  readonly host: Session;
}

async function encryptOnce(request: EncryptRequest, { plan, reader, scope, host }: Encryption): Promise<string> {
  const read = request.content ?? (await readInput(request.input, host));
  await prepareFor(formatNamed(reader.name), { bytes: read, isEncrypted: false }, host);
  await refuseCiphertext(read, request, reader, host);
  const formats = await formatsForNew(request, host, read);
  const { printer } = formats;
  const file = parseNew(reader, read, request);
  checkNotEncrypted(file, reader, printer);
  const surprises = surprisesIn(file);
  const stray = strayTextNote(file);
  const { keyGroups } = plan;
  const { dataKey, shamirThreshold } = await createDataKey(plan, plan.run.keyServices);
  const { selection, macOnlyEncrypted } = plan.options;
  const indent = plan.run.indent(request.indent, formats);
  const cipher = new Cipher(dataKey.bytes);
  const metadata = { keyGroups, shamirThreshold, macOnlyEncrypted, selection, version: FORMAT_VERSION };
  const trail = plan.run.trail(request.input);
  const sealed = await sealFile({ file, reader, printer, indent, scope, dataKey, cipher, trail, metadata });
  if (!request.allowUnencrypted) checkSomethingEncrypted(sealed.tree, plan.options);
  const name = nameOf(request) ?? 'standard input';
  tellSurprises(surprises, name, request.asSops === true, host);
  const notes = [stray, sealed.note];
  for (const note of notes) if (note !== undefined) host.warn(`${name}: ${note}`);
  await writeOutput(sealed.bytes, 'ciphertext', { ...request, read: request.content ? null : read }, host);
  return printer.name;
}

/** Finds out how a new file is to be encrypted. Throws `config`, `conflict` and `encryption-context`. */
export async function planFor(request: EncryptRequest, host: Session): Promise<Plan> {
  const run = await openRun({ ...request, filePath: nameOf(request) ?? '' }, host);
  const reader = await readerForNew(request, run);
  const name = ruleName(request, run.config);
  const keysGiven = [...request.keyFlags.values()].some((text) => text !== '');
  const rule = await creationRuleFor(run.config, name, host, { keysGiven });
  const flagFields = keyFields(request);
  const keyGroups = await keyGroupsFor({ rule, keyFlags: request.keyFlags, flagFields, host });
  if (keysGiven && host.log) await logKeys(keyGroups, host.log);
  const options = optionsFor(request, rule, reader, host);
  return { run, reader, keyGroups, options, shamirThreshold: request.shamirThreshold ?? rule?.shamirThreshold ?? 0 };
}

/** What rules are compared with: the name of the file, or of what is written, where the configuration says so. */
function ruleName({ output, filenameOverride, ...request }: EncryptRequest, config: Config | null): string {
  if (config?.matchesOutput && !filenameOverride && output.kind === 'file') return output.path;
  return nameOf({ ...request, filenameOverride }) ?? '';
}

/** SOPS tells addresses in its memory here. */
async function logKeys(groups: readonly KeyGroup[], log: Log): Promise<void> {
  const names = await Promise.all(groups.flat().map(keyStringOf));
  log({ component: 'CMD', level: 'debug', message: `Master keys available:  [${names.join(' ')}]` });
}

function keyFields({ awsProfile, encryptionContext }: EncryptRequest): KeyFields {
  const fields = new Map<string, string | ReadonlyMap<string, string>>();
  if (awsProfile) fields.set('aws_profile', awsProfile);
  const context = encryptionContext ? parseEncryptionContext(encryptionContext) : undefined;
  if (context) fields.set('context', context);
  return fields;
}

function optionsFor(request: EncryptRequest, rule: CreationRule | null, reader: FormatStore, host: Host): FileOptions {
  const { macOnlyEncrypted } = request;
  const sources = { rule, flags: selectionOptions(request.selection), macOnlyEncrypted };
  return formatNamed(reader.name).whole ? binaryOptions(sources, host) : fileOptionsFor(sources);
}

function selectionOptions(flags: SelectionFlags): ReadonlyMap<SelectionOption, string> {
  const named: [SelectionOption, string | undefined][] = [
    ['unencrypted_suffix', flags.unencryptedSuffix],
    ['encrypted_suffix', flags.encryptedSuffix],
    ['unencrypted_regex', flags.unencryptedRegex],
    ['encrypted_regex', flags.encryptedRegex],
    ['unencrypted_comment_regex', flags.unencryptedCommentRegex],
    ['encrypted_comment_regex', flags.encryptedCommentRegex],
  ];
  return new Map(named.flatMap(([option, text]) => (text ? [[option, text] as const] : [])));
}

/** As {@link parsePlain}, but a file whose name tells SOPS nothing can be encrypted even if it is not a document. */
function parseNew(store: FormatStore, bytes: Uint8Array, request: EncryptRequest): SourceFile {
  try {
    return parsePlain(store, bytes);
  } catch (error) {
    const isGuess = request.inputType === undefined && formatOfName(nameOf(request) ?? '').name !== store.name;
    if (!isGuess || !(error instanceof SopsError) || error.code !== 'input-unreadable') throw error;
    const hint = `Its name was taken to say that it is ${store.name}; --input-type binary encrypts it in one piece.`;
    throw error.with(error.code, { hint: [error.hint, hint].filter((line) => line !== undefined).join('\n') });
  }
}

/** Reads plaintext; a file that does not parse in its format is unreadable input here (exit 2), unlike in `decrypt`. */
export function parsePlain(store: FormatStore, bytes: Uint8Array): SourceFile {
  try {
    return (store.parsePlain ?? store.parse)(bytes);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (error.code === 'metadata-invalid') throw alreadyEncrypted(undefined, error);
    if (error.code !== 'document-invalid') throw error;
    throw new SopsError('input-unreadable', `Error unmarshalling file: ${error.message}`, {
      ...(error.hint ? { hint: error.hint } : {}),
      cause: error,
    });
  }
}

/**
 * Refuses what is encrypted already, whatever its name says. SOPS looks for metadata in the format of the name only, so that it wraps
 * a binary file's ciphertext as often as it is told to. Throws `already-encrypted`; what recognising says of a broken file.
 */
export async function refuseCiphertext(
  bytes: Uint8Array,
  request: FormatChoice,
  reader: FormatStore,
  host: Host,
): Promise<void> {
  if (!holdsMarks(bytes)) return;
  let problem: SopsError;
  try {
    const { file, store } = await recognise(bytes, rowByName(request, host));
    // An entry of that name without a seal is somebody's own.
    if (!file.metadata || !itemOf(file.metadata, 'mac')) return;
    problem = alreadyEncrypted(store.name);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // A file that does not parse in its format is reported in the words of this command.
    if (!reader.parsePlain) return;
    problem = error;
  }
  if (!reader.parsePlain || !host.calledAsSops) throw problem;
  const name = oneLine(nameOf(request) ?? 'the input');
  host.warn(`${name} is encrypted already; its ciphertext is encrypted once more, as sops does`);
}

function checkNotEncrypted(file: SourceFile, reader: FormatStore, printer: FormatStore): void {
  if (file.metadata) throw alreadyEncrypted();
  const { reservedKeys } = formatNamed(printer.name);
  // What the reader keeps for itself as well would be metadata, and was looked for.
  if (reservedKeys.source === formatNamed(reader.name).reservedKeys.source) return;
  const reserved = file.documents[0]?.items.some((entry) => entry.kind === 'item' && reservedKeys.test(entry.key));
  if (reserved) throw alreadyEncrypted();
}

/** The refusal of a file with metadata; `format` is the one that a whole encrypted file has. */
export function alreadyEncrypted(format?: string, cause?: unknown): SopsError {
  const message =
    "The file you have provided contains a top-level entry called 'sops', which SOPS uses for its metadata";
  const isWhole = `The file is encrypted already, as ${format}: to change it, use sops-ts edit, set or encrypt --update.`;
  return new SopsError('already-encrypted', message, {
    hint: format ? isWhole : 'The file is encrypted already, or the entry must be renamed.',
    cause,
  });
}

/**
 * Refuses a file whose rule selects nothing although there is something: a misspelt rule would publish it. SOPS's default
 * rule is exempt, since then every key of the file says itself that it stays readable.
 */
export function checkSomethingEncrypted(
  { encryptedLeaves, nonEmptyLeaves }: Pick<TreeResult, 'encryptedLeaves' | 'nonEmptyLeaves'>,
  { selection }: FileOptions,
): void {
  if (encryptedLeaves > 0 || nonEmptyLeaves === 0 || !selection) return;
  if (selection.option === DEFAULT_SELECTION.option && selection.text === DEFAULT_SELECTION.text) return;
  const rule = `${selection.option} ${JSON.stringify(selection.text)}`;
  throw new SopsError('nothing-encrypted', `nothing would be encrypted: ${rule} selects no value of this file`, {
    hint: 'Correct the rule, or give --allow-unencrypted if this is meant.',
  });
}
