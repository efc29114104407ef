/** `ref+sops://…`: encrypted files, opened with the keys of whoever runs the program. */
import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import { readAsChosen } from '../../operations/read/input.js';
import { type OpenedFile, openFile, plainText } from '../../operations/read/open-file.js';
import { openingFor } from '../../operations/read/open-secrets.js';
import type { Branch } from '../../tree/tree.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { decodeText } from '../../util/text/text.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import { type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { fileBelow, missing } from '../files-below.js';
import { yamlValues } from '../yaml-values.js';

const FORMATS: readonly FormatName[] = ['yaml', 'json', 'dotenv', 'ini', 'binary'];

export const sealedFile: BackendKind = {
  open(parameters, context) {
    const keyType = parameterOf('key_type', parameters, context) ?? 'filepath';
    if (keyType !== 'filepath' && keyType !== 'base64') {
      throw new SopsError('reference-malformed', 'key_type is filepath or base64');
    }
    const format = formatOf(parameterOf('format', parameters, context));
    const opened = new LastingAnswers<OpenedFile>();
    const open = (path: string): Promise<OpenedFile> =>
      opened.get(path, () => openSealed(path, { keyType, format }, context));
    return { text: async (path) => plainText(await open(path)), values: async (path) => valuesOf(await open(path)) };
  },
};

interface Reading {
  readonly keyType: 'filepath' | 'base64';
  readonly format: FormatName | undefined;
}

function formatOf(name: string | undefined): FormatName | undefined {
  if (name === undefined) return undefined;
  const known = FORMATS.find((format) => format === name);
  if (!known) throw new SopsError('reference-malformed', `format is one of ${FORMATS.join(', ')}`);
  return known;
}

async function openSealed(path: string, { keyType, format }: Reading, context: ReferenceContext): Promise<OpenedFile> {
  const { host } = context;
  const file = keyType === 'filepath' ? fileBelow(path, context) : undefined;
  const bytes = file === undefined ? Buffer.from(path, 'base64url') : await readNamedFile(file, host).catch(missing);
  const input = { kind: 'file', path: file ?? 'the bytes of the reference' } as const;
  const inputType = format ?? (file === undefined ? 'binary' : undefined);
  const read = await readAsChosen(bytes, { input, inputType }, host);
  const options = await openingFor(input, file, { ignoreMac: false }, host);
  const opened = await openFile(read, options);
  for (const warning of opened.warnings) host.warn(warning);
  return opened;
}

/** The values themselves; of what has no keys of its own, those that its text holds as YAML. */
function valuesOf(opened: OpenedFile): Branch {
  const [first] = opened.file.documents;
  if (first && opened.store.contentKey === undefined) return first;
  return yamlValues(decodeText(Buffer.from(plainText(opened))), 'the file');
}
