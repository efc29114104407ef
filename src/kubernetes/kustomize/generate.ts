/** From a generator's plan to its objects: nothing comes out unless everything could be decrypted, and nothing still encrypted. */
import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import { extractedText } from '../../operations/read/decrypt.js';
import { parseValuePath } from '../../operations/read/value-path.js';
import type { Branch } from '../../tree/tree.js';
import type { Host } from '../../util/host/host.js';
import { decodeText, encodeText, hasInvalidBytes } from '../../util/text/text.js';
import { checkDecrypted, checkIdentified } from '../manifest/decrypted-check.js';
import { describe, type Manifest, madeManifest, sorted, stringAt } from '../manifest/manifest.js';
import { printManifests } from '../manifest/print.js';
import { readManifests } from '../manifest/read.js';
import { looseScalarWarnings } from '../manifest/scalars.js';
import { buildSecret, checkSecret, isSecret, withUnbrokenData } from '../manifest/secret.js';
import { readEnvText } from './env-file.js';
import { filesOfPattern } from './glob.js';
import { compareKeys } from './go-yaml-order.js';
import { withOptions } from './object-options.js';
import type { FileReference, GeneratorPlan, SecretPlan } from './plan.js';
import type { ReferenceValues } from './reference-values.js';
import { inList, type SourceList } from './source-errors.js';
import { isMissing, type OpenedSource, type SourceRules, type Sources } from './sources.js';

/** What one entry of the lists came to. */
export interface GeneratedEntry {
  readonly objects: readonly Manifest[];
  /** ksops's own text of it, for its stream. */
  readonly text: string;
  readonly from: 'file' | 'secret';
}

/**
 * Makes the parts of a plan, in its order. Throws SopsError, the first one in that order.
 * @param values what takes the place of references where the plan asks for that; without it they stay.
 */
export async function generate(
  plan: GeneratorPlan,
  sources: Sources,
  host: Host,
  values?: ReferenceValues,
): Promise<GeneratedEntry[]> {
  const maker = new Maker(plan, sources, host, plan.resolvesReferences ? values : undefined);
  const making = [
    ...plan.files.map((file) => maker.parts(file)),
    ...plan.secrets.map((secret) => maker.secret(secret)),
  ];
  const parts = (await allInOrder<GeneratedEntry | GeneratedEntry[]>(making)).flat();
  checkUnique(parts.flatMap((part) => part.objects));
  return parts;
}

/** The values of promises, once all have settled. Rejects with the first error in their order, not in time. */
async function allInOrder<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

class Maker {
  constructor(
    private readonly plan: GeneratorPlan,
    private readonly sources: Sources,
    private readonly host: Host,
    private readonly values: ReferenceValues | undefined,
  ) {}

  private get rules(): SourceRules {
    return { ignoreMac: this.plan.ignoreMac, asSops: this.plan.dialect === 'ksops' };
  }

  /** The objects of a file, or of all that a pattern names. */
  async parts(reference: FileReference): Promise<GeneratedEntry[]> {
    const all = await allInOrder(this.named(reference).map((one) => this.open(one, 'manifest.Files')));
    return all.flatMap((found) => (found ? [this.filePart(found.reference.path, found.source)] : []));
  }

  private filePart(path: string, { text, bytes }: OpenedSource): GeneratedEntry {
    const objects = readManifests(bytes, { file: path });
    for (const object of objects) {
      checkDecrypted(object);
      checkIdentified(object);
      this.checkOwn(object);
    }
    return { objects: objects.map((object) => this.marked(object, this.plan.marks)), text, from: 'file' };
  }

  async secret(secret: SecretPlan): Promise<GeneratedEntry> {
    const [files = [], binaryFiles = [], envs = []] = await allInOrder([
      this.openAll(secret.files, 'secretFrom.Files'),
      this.openAll(secret.binaryFiles, 'secretFrom.BinaryFiles'),
      this.openAll(secret.envs, 'secretFrom.Envs'),
    ]);
    const data = new Map<string, Uint8Array>();
    const stringData = new Map<string, string>();
    for (const { key, text } of files) this.addText(key, text, { data, stringData, secret });
    for (const { key, bytes } of binaryFiles) data.set(key, bytes);
    for (const { path, text } of envs) {
      for (const [key, value] of envVariables(path, text)) stringData.set(key, value);
    }
    const { name, namespace, labels, annotations, type } = secret;
    const made = buildSecret({ name, namespace, labels, annotations, type, data, stringData });
    const root = this.plan.dialect === 'ksops' ? (sorted(made, compareKeys) as Branch) : made;
    const object = this.marked(madeManifest(root), secret.marks);
    checkDecrypted(object);
    this.checkOwn(object);
    return { objects: [object], text: printManifests([object.root]), from: 'secret' };
  }

  /** Bytes that are not text: ksops damages them; our kind keeps them in `data`. */
  private addText(
    key: string,
    text: string,
    to: { data: Map<string, Uint8Array>; stringData: Map<string, string>; secret: SecretPlan },
  ): void {
    if (!hasInvalidBytes(text)) to.stringData.set(key, text);
    else if (this.plan.dialect === 'own') to.data.set(key, encodeText(text));
    else {
      this.host.warn(
        `Secret ${to.secret.name}: ${key} is not UTF-8 and is damaged under files; list it under binaryFiles`,
      );
      to.stringData.set(key, text.toWellFormed());
    }
  }

  private async openAll(references: readonly FileReference[], list: SourceList) {
    const named = references.flatMap((reference) => this.named(reference));
    const found = await allInOrder(named.map((one) => this.open(one, list)));
    const contents = found.flatMap((one) => (one ? [contentOf(one.reference, one.source)] : []));
    return Promise.all(contents.map((content) => this.withPart(content)));
  }

  /** One value of a file was taken out of it before its references were looked for. */
  private async withPart(content: FileContent): Promise<FileContent> {
    if (!this.values || !content.isPart) return content;
    const text = await this.values.inText(content.text);
    return { ...content, text, bytes: encodeText(text) };
  }

  private async withValues(source: OpenedSource, { extract }: FileReference): Promise<OpenedSource> {
    if (!this.values || extract !== undefined) return source;
    const bytes = await this.values.inFile(source.bytes, source.opened.store);
    return { ...source, bytes, text: decodeText(bytes) };
  }

  /** Opens a file; null for one that may be missing, and is. */
  private async open(reference: FileReference, list: SourceList) {
    const { path, optional } = reference;
    try {
      const source = await this.sources.open(path, this.rules);
      return { reference, source: await this.withValues(source, reference) };
    } catch (error) {
      if (!optional || !isMissing(error)) throw inList(error, path, list, this.plan.dialect);
      this.host.warn(`${path} is not there and passed over`);
      return null;
    }
  }

  private named(reference: FileReference): FileReference[] {
    if (!reference.glob) return [reference];
    const paths = filesOfPattern(reference.path, this.host.cwd);
    if (paths.length === 0 && !reference.optional) {
      throw new SopsError('input-unreadable', `no file fits the pattern ${reference.path}`, { file: reference.path });
    }
    return paths.map((path) => ({ ...reference, path, glob: false }));
  }

  private marked(object: Manifest, marks: SecretPlan['marks']): Manifest {
    const root = this.plan.dialect === 'own' && isSecret(object.root) ? withUnbrokenData(object.root) : object.root;
    return { ...object, root: withOptions(root, marks) };
  }

  /** Our kind refuses what the API server would refuse; ksops hands it on. */
  private checkOwn(object: Manifest): void {
    if (this.plan.dialect === 'own') {
      if (isSecret(object.root)) checkSecret(object);
    } else {
      for (const warning of looseScalarWarnings(object)) this.host.warn(warning);
    }
  }
}

/** What a file brings to a Secret: its key, and its text or the part of it that was asked for. */
interface FileContent {
  readonly path: string;
  readonly key: string;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly isPart: boolean;
}

function contentOf(reference: FileReference, { opened, text, bytes }: OpenedSource): FileContent {
  const { path, key, extract } = reference;
  if (extract === undefined) return { path, key: key ?? basename(path), text, bytes, isPart: false };
  try {
    const place = parseValuePath(extract, 'set');
    const part = extractedText(opened, place, opened.store);
    return { path, key: key ?? String(place.at(-1)), text: part, bytes: encodeText(part), isPart: true };
  } catch (error) {
    if (error instanceof SopsError) throw error.with(error.code, { file: path });
    throw error;
  }
}

function envVariables(path: string, text: string): Map<string, string> {
  try {
    return readEnvText(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError(error.code, `error unmarshalling .env file "${path}": ${error.message}`, { file: path });
  }
}

/** Refuses two objects of one identity, which kustomize refuses without saying where they come from. Throws `failed`. */
export function checkUnique(objects: readonly Manifest[]): void {
  const seen = new Map<string, Manifest>();
  for (const object of objects) {
    const id = [['apiVersion'], ['kind'], ['metadata', 'namespace'], ['metadata', 'name']]
      .map((path) => stringAt(object.root, ...path) ?? '')
      .join('\0');
    const before = seen.get(id);
    if (before) {
      const places = [before, object].map(({ origin }) => origin.file ?? 'secretFrom').join(' and ');
      throw new SopsError('failed', `${describe(object)} comes out twice, from ${places}`, {
        hint: 'Every object of a build has a name of its own.',
      });
    }
    seen.set(id, object);
  }
}
