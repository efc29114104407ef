/** What an encrypted file says to everybody, told without any key and without asking anybody. */
import { looksEncrypted, parseEncryptedValue } from '../cipher/encrypted-value.js';
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import type { KeyGroup } from '../keys/provider.js';
import { keyStringOf } from '../keyservice/keyservice.js';
import { metadataFromBranch } from '../metadata/from-branch.js';
import { DEFAULT_SELECTION, type SelectionRule } from '../metadata/metadata.js';
import { checkExists, readAsChosen, readInput } from '../operations/read/input.js';
import type { Input } from '../operations/requests.js';
import { openReadingRun } from '../run/run.js';
import { nodes } from '../tree/leaves.js';
import type { Branch } from '../tree/tree.js';
import { typeWordOf } from '../tree/value.js';
import { type Call, inCall } from './call.js';
import { matchOf } from './config.js';
import { COMMON, checkedOptions, checkedPath, checkFormat, chosenFormat, isBytes, KINDS } from './options.js';
import { inputOf, named } from './read.js';
import type { Inspection, LeafType, Options, ReadOptions, RulePlace, Scope } from './types.js';

/**
 * Tells format, keys, types, recipients and scope of an encrypted file, given by its path or its content. Without the option `env` no
 * environment has influence on it.
 */
export async function inspect(
  path: string | URL | Uint8Array,
  o?: Options & Pick<ReadOptions, 'format'>,
): Promise<Inspection> {
  const options = checkedOptions('inspect', o, { ...COMMON, format: KINDS.TEXT });
  if (options.format !== undefined) checkFormat('inspect', options.format, options);
  const isContent = isBytes('inspect', path);
  const input: Input = isContent ? inputOf('inspect', path) : { kind: 'file', path: checkedPath('inspect', path) };
  try {
    return await inCall({ ...options, env: options.env ?? {} }, (call) => inspected(input, options, call));
  } catch (error) {
    throw named(error, input.kind === 'file' ? input.path : undefined);
  }
}

async function inspected(input: Input, { format }: ReadOptions, { host, request }: Call): Promise<Inspection> {
  await checkExists(input, host);
  const run = await openReadingRun({ ...request, filePath: input.kind === 'file' ? input.path : undefined }, host);
  const { file, store } = await readAsChosen(
    await readInput(input, run),
    { input, inputType: chosenFormat(format) },
    run,
  );
  const { version, lastModified, keyGroups, shamirThreshold, selection, macOnlyEncrypted } = metadataFromBranch(
    file.metadata,
  );
  const isOne = keyGroups.length === 1;
  return {
    format: formatNamed(store.name).name,
    version,
    lastModified: new Date(lastModified),
    keys: [...keysOf(file.documents)],
    groups: await Promise.all(keyGroups.map(recipientsOf)),
    threshold: isOne ? 1 : shamirThreshold || keyGroups.length,
    scope: scopeOf(selection),
    ...(input.kind === 'file' ? await ruleFor(input.path, request, host) : {}),
    macOnlyEncrypted,
  };
}

/** The rule for a file; a configuration that cannot be used says nothing. */
async function ruleFor(path: string, request: Call['request'], host: Call['host']): Promise<{ rule?: RulePlace }> {
  try {
    const match = await matchOf(path, request, host);
    return match?.rule ? { rule: { file: match.rule.file, line: match.rule.line } } : {};
  } catch (error) {
    if (error instanceof SopsError) return {};
    throw error;
  }
}

function* keysOf(documents: readonly Branch[]): Generator<Inspection['keys'][number]> {
  for (const place of nodes(documents)) {
    const { node } = place;
    if (node.kind === 'comment') continue;
    if (node.kind !== 'leaf' && (node.items.length > 0 || place.depth === 0)) continue;
    const path = place.valuePath.map(String);
    if (node.kind !== 'leaf') {
      yield { path, type: node.kind === 'list' ? 'list' : 'map', encrypted: false };
      continue;
    }
    const { value } = node;
    const encrypted = typeof value === 'string' && looksEncrypted(value);
    yield { path, type: encrypted ? sealedType(value) : value === null ? 'null' : typeWordOf(value), encrypted };
  }
}

const TYPES: ReadonlySet<string> = new Set<LeafType>(['str', 'int', 'float', 'bool', 'time', 'bytes']);

function sealedType(text: string): LeafType {
  const type = parseEncryptedValue(text)?.type;
  return type !== undefined && TYPES.has(type) ? (type as LeafType) : 'malformed';
}

function recipientsOf(group: KeyGroup): Promise<string[]> {
  return Promise.all(group.map(keyStringOf));
}

function scopeOf(selection: SelectionRule | null): Scope {
  return { ...(selection ?? DEFAULT_SELECTION), isDefault: selection === null };
}
