/** Decrypting: files and contents, to plain data or to text. */

import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import { bytesOf } from '../formats/store.js';
import { decryptFile as runDecrypt } from '../operations/read/decrypt.js';
import { checkExists, type FormatChoice, readSealed } from '../operations/read/input.js';
import { type OpenedFile, openFile, plainText } from '../operations/read/open-file.js';
import type { Input } from '../operations/requests.js';
import { redoing } from '../operations/retry-on-change.js';
import { openReadingRun } from '../run/run.js';
import { type Branch, branch } from '../tree/tree.js';
import { encodeText } from '../util/text/text.js';
import { type Call, inCall, untilAborted } from './call.js';
import { exactDocuments } from './exact-integers.js';
import {
  checkedOptions,
  checkedPath,
  checkFormat,
  chosenFormat,
  isBytes,
  KINDS,
  ownBytes,
  READING,
  SCHEMA,
  usage,
} from './options.js';
import { fitted, type SchemaChoice } from './schema.js';
import type { AnyFormat, Data, ReadOptions, SchemaOptions, StandardSchemaV1, ValueOptions } from './types.js';
import { checkedText, dataOf } from './values.js';

/** The values of an encrypted file, as they fit the schema. */
export function decryptFile<Schema extends StandardSchemaV1>(
  path: string | URL,
  o: ReadOptions & ValueOptions & SchemaOptions<Schema>,
): Promise<StandardSchemaV1.InferOutput<Schema>>;
/** The values of an encrypted file as plain data. */
export function decryptFile<T = Data>(path: string | URL, o?: ReadOptions & ValueOptions): Promise<T>;
export async function decryptFile(path: string | URL, o?: ReadOptions & ValueOptions & SchemaChoice): Promise<Data> {
  const options = checkedOptions('decryptFile', o, SCHEMA);
  const file = checkedPath('decryptFile', path);
  return readData({ kind: 'file', path: file }, options);
}

/** The same of content that is there already. */
export function decryptData<Schema extends StandardSchemaV1>(
  content: string | Uint8Array,
  o: ReadOptions & ValueOptions & SchemaOptions<Schema> & { format: AnyFormat },
): Promise<StandardSchemaV1.InferOutput<Schema>>;
export function decryptData<T = Data>(
  content: string | Uint8Array,
  o: ReadOptions & ValueOptions & { format: AnyFormat; schema?: StandardSchemaV1 },
): Promise<T>;
export async function decryptData(
  content: string | Uint8Array,
  o: ReadOptions & ValueOptions & SchemaChoice & { format: AnyFormat },
): Promise<Data> {
  const options = checkedOptions('decryptData', o, SCHEMA);
  checkFormat('decryptData', options.format, options);
  return readData(inputOf('decryptData', content), options);
}

/** The plaintext of content, byte by byte as the command line prints it; `as` is another format to print it in. */
export async function decrypt(
  content: string | Uint8Array,
  o: ReadOptions & { format: AnyFormat; as?: AnyFormat },
): Promise<Uint8Array> {
  const options = checkedOptions('decrypt', o, { ...READING, as: KINDS.TEXT });
  checkFormat('decrypt', options.format, options);
  if (options.as !== undefined) checkFormat('decrypt', options.as, options);
  const input = inputOf('decrypt', content);
  return inCall(options, async ({ host, request }) => {
    const printed = collector();
    const { format, as, ignoreMac = false } = options;
    const { warnings } = await runDecrypt(
      {
        ...request,
        input,
        output: printed.output,
        inputType: chosenFormat(format),
        outputType: chosenFormat(as),
        ignoreMac,
      },
      host,
    );
    for (const warning of warnings) host.warn(warning);
    return printed.bytes();
  });
}

/** Content as an input of operations. Throws `usage`. */
export function inputOf(call: string, content: unknown): Input {
  if (typeof content === 'string') {
    const text = checkedText(content, `${call}: the content`);
    return { kind: 'stdin', read: async () => encodeText(text) };
  }
  if (isBytes(call, content)) {
    const bytes = ownBytes(call, content);
    return { kind: 'stdin', read: async () => bytes };
  }
  throw usage(`${call}: the content must be a text or a Uint8Array`);
}

/** An output that is kept. */
export function collector(): {
  readonly output: { kind: 'stdout'; write(bytes: Uint8Array): Promise<void> };
  bytes(): Uint8Array;
} {
  let kept: Uint8Array = new Uint8Array();
  const write = async (bytes: Uint8Array): Promise<void> => {
    kept = bytes;
  };
  // No memory that is shared with others, as small Buffers have it.
  return { output: { kind: 'stdout', write }, bytes: () => Uint8Array.from(kept) };
}

async function readData(input: Input, options: ReadOptions & ValueOptions & SchemaChoice): Promise<Data> {
  if (options.format !== undefined) checkFormat('option format', options.format, options);
  const data = await inCall(options, async (call) => {
    const opened = await openInput(input, options, call);
    for (const warning of opened.warnings) call.host.warn(warning);
    return dataOfFile(opened, options, nameOfInput(input));
  });
  return untilAborted(options, () => fitted(data, options, nameOfInput(input)));
}

/** Opens an encrypted input to read it. Throws as `decrypt` does, and names the file. */
export async function openInput(
  input: Input,
  { format, ignoreMac = false }: ReadOptions,
  { host, request }: Call,
): Promise<OpenedFile> {
  const file = nameOfInput(input);
  try {
    await checkExists(input, host);
    const run = await openReadingRun({ ...request, filePath: file }, host);
    const { decryptionOrder, keyServices } = run;
    const choice: FormatChoice = { input, inputType: chosenFormat(format) };
    return await redoing(async () => {
      const found = await readSealed(choice, run, 'plaintext');
      return openFile(found, { ignoreMac, rewrites: false, decryptionOrder, keyServices, trail: run.trail(input) });
    });
  } catch (error) {
    throw named(error, file);
  }
}

/** An error that names its file. */
export function named(error: unknown, file: string | undefined): unknown {
  if (!(error instanceof SopsError) || error.file !== undefined || file === undefined) return error;
  return error.with(error.code, { file });
}

function nameOfInput(input: Input): string | undefined {
  return input.kind === 'file' ? input.path : undefined;
}

/** The data of an open file. Throws `several-documents`, `unsafe-key` and `number-inexact`. */
export function dataOfFile(opened: OpenedFile, options: ValueOptions, name: string | undefined): Data {
  const { file, store } = opened;
  if (formatNamed(store.name).whole) return Uint8Array.from(bytesOf(file, plainText(opened)));
  try {
    return dataOfDocuments(exactDocuments(opened), options);
  } catch (error) {
    throw named(error, name);
  }
}

export function dataOfDocuments(documents: readonly Branch[], options: ValueOptions): Data {
  if (options.documents === 'list') return documents.map((document) => dataOf(document, options));
  const [first = branch(), ...others] = documents;
  if (others.length === 0) return dataOf(first, options);
  throw new SopsError('several-documents', `the file has ${documents.length} documents`, {
    hint: "Give the option documents: 'list', which gives them as an array.",
  });
}
