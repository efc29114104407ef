/** `why`: how a file is or would be encrypted, for whom, and which rule says so. Nothing is changed, no value is shown. */

import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { creationRuleFor, explainRules, overlapOf } from '../../config/creation-rule.js';
import { searchConfig } from '../../config/find.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import type { Config } from '../../config/model.js';
import { noteFormats } from '../../config/name-formats.js';
import { type NameOf, namesOf } from '../../config/recipient-names.js';
import type { Recipients } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import { holdsMarks, type RecognisedFile } from '../../formats/recognise.js';
import { formatNamed, formatOfName } from '../../formats/registry.js';
import { emptyFile, type FormatStore, type SourceFile } from '../../formats/store.js';
import type { KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { DEFAULT_SELECTION, type Metadata, type SelectionRule } from '../../metadata/metadata.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { openRun } from '../../run/run.js';
import { leaves } from '../../tree/leaves.js';
import { walk } from '../../tree/walk.js';
import { statSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { append } from '../../util/lists.js';
import { joinedLines } from '../../util/text/one-line.js';
import { compareRecipients, isChange, thresholdFor } from '../key-changes.js';
import { encryptedValues, formatNote, indexText, WHOLE_CONTENT } from '../read/encrypted-files.js';
import { readAsChosen, readerForNew, readInput } from '../read/input.js';
import type { EncryptRequest } from '../requests.js';
import { checkSomethingEncrypted, type Plan, parsePlain, planFor } from '../write/encrypt.js';
import type { ExplainedValues, Explanation, NamedRecipient, Readers, Selection } from './explanation.js';

/** As for `encrypt`, whose flags count here too, for a named file. */
export interface WhyRequest extends EncryptRequest {
  readonly input: { readonly kind: 'file'; readonly path: string };
}

/** What is gathered on the way. */
interface Study {
  readonly request: WhyRequest;
  readonly host: Session;
  readonly reader: FormatStore;
  readonly config: Config | null;
  readonly nameOf: NameOf;
  readonly problems: string[];
  readonly notes: string[];
}

/** Explains one file, which need not exist. Throws only for something that cannot be read as a file. */
export async function explainFile(request: WhyRequest, given: Host): Promise<Explanation> {
  const host = sessionOf(given);
  const notes: string[] = [];
  const quiet = host.fork({ confirm: undefined, warn: (message) => void notes.push(message) });
  const problems: string[] = [];
  const { path } = request.input;
  const place = { configPath: request.configPath, filePath: path };
  const { config } = (await orProblem(problems, () => openRun(place, quiet))) ?? { config: null };
  noteFormats(config, host);
  const reader = await readerForNew(request, host);
  const configProblem = problems[0] ?? null;
  const nameOf = await namesOf(config, host);
  const byName: Study = { request, host: quiet, reader, config, nameOf, problems, notes };
  const found = await readFileOf(byName);
  const study: Study = { ...byName, reader: found?.store ?? reader };
  const verdicts = config?.creationRules ? await explainRules(config, path, quiet) : null;
  const usedRule = verdicts?.rules.find(({ verdict }) => verdict === 'used')?.rule;
  const overlap = config && (await overlapOf(config, path, quiet));
  if (overlap) notes.push(overlap);
  const isEncrypted = found?.file.metadata != null;
  const details = isEncrypted ? await explainEncrypted(found.file, study) : await explainPlain(found?.file, study);
  const plan = details.plan && { ...details.plan, from: originOf(study, isEncrypted, usedRule?.name) };
  return {
    file: path,
    exists: found !== null,
    encrypted: isEncrypted,
    format: study.reader.name,
    config: config ? { path: config.path, foundBy: waysTo(request, host) } : null,
    configProblem,
    comparedPath: verdicts?.path ?? null,
    rules: (verdicts?.rules ?? []).map(({ rule: { name, pathRegex }, verdict }) => ({ name, pathRegex, verdict })),
    ...details,
    plan,
    problems,
    notes,
  };
}

/** How the configuration was found. */
function waysTo({ configPath, input }: WhyRequest, host: Host): string {
  if (configPath) return configPath === host.env.SOPS_CONFIG ? 'SOPS_CONFIG' : '--config';
  if (host.env.SOPS_CONFIG) return 'SOPS_CONFIG';
  return searchConfig(host, input.path).fromHere
    ? 'search from the working directory upwards'
    : 'search from the folder of the file upwards';
}

/** The file read as what it is; null when it is not there, or with a problem when it is not of its format. */
async function readFileOf({ request, host, reader, problems, notes }: Study): Promise<RecognisedFile | null> {
  const path = resolve(host.cwd, request.input.path);
  if (isAbsent(path)) return null;
  const bytes = await readInput(request.input, host);
  const broken: string[] = [];
  const read = holdsMarks(bytes) ? await orProblem(broken, () => readAsChosen(bytes, request, host)) : undefined;
  append(problems, broken);
  if (broken.length > 0) return { file: NOTHING, store: reader };
  if (read?.file.metadata) {
    const { name } = read.store;
    if (formatOfName(request.input.path).name !== name) notes.push(formatNote(name));
    return read;
  }
  const plain = await orProblem(problems, async () => parsePlain(reader, bytes));
  return { file: plain ?? NOTHING, store: reader };
}

function isAbsent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    // Reading it says why that cannot be told.
    return false;
  }
}

const NOTHING: SourceFile = emptyFile();

type Details = Pick<Explanation, 'current' | 'change' | 'values'> & { readonly plan: (Readers & Selection) | null };

/** A file that is still to be encrypted, or not there yet. */
async function explainPlain(file: SourceFile | undefined, study: Study): Promise<Details> {
  const { request, host, problems } = study;
  const plan = await orProblem(problems, () => planFor(request, host));
  if (!plan) return { current: null, change: null, plan: null, values: null };
  if (plan.keyGroups.some((group) => group.length === 0)) problems.push('a key group has no recipients');
  const { selection, macOnlyEncrypted } = plan.options;
  return {
    current: null,
    change: null,
    plan: { ...(await readersOf(withThreshold(plan), study)), rule: selection, macOnlyEncrypted },
    values: file ? ((await orProblem(problems, () => plannedValues(file, plan, study))) ?? null) : null,
  };
}

function withThreshold({ keyGroups, shamirThreshold }: Plan): Recipients {
  return { keyGroups, shamirThreshold: shamirThreshold || (keyGroups.length > 1 ? keyGroups.length : 0) };
}

/** What the plan would encrypt of a plaintext. Throws `config` for a malformed rule, `nothing-encrypted`. */
async function plannedValues(
  file: SourceFile,
  { options }: Plan,
  { request, reader }: Study,
): Promise<ExplainedValues> {
  if (formatNamed(reader.name).whole) return { encrypted: [WHOLE_CONTENT], plain: [], encryptedComments: 0 };
  const scope = await scopeOf(options.selection, 'encrypt');
  const encrypted: string[] = [];
  const plain: string[] = [];
  let encryptedComments = 0;
  walk(file.documents, scope, {
    leaf({ value }, place) {
      if (value === null || value === '') return;
      (place.selected ? encrypted : plain).push(indexText(place));
    },
    comment({ text }, { selected }) {
      if (selected && text !== '') encryptedComments += 1;
    },
  });
  const counts = { encryptedLeaves: encrypted.length, nonEmptyLeaves: encrypted.length + plain.length };
  if (!request.allowUnencrypted) checkSomethingEncrypted(counts, options);
  return { encrypted, plain, encryptedComments };
}

/** An encrypted file: who can read it, and what the rule would have otherwise. */
async function explainEncrypted(file: SourceFile, study: Study): Promise<Details> {
  const { reader, problems } = study;
  const metadata = await orProblem(problems, async () => metadataFromBranch(file.metadata));
  const { paths, comments } = encryptedValues({ store: reader, file });
  const values = { encrypted: paths, plain: plainPaths(file, reader), encryptedComments: comments };
  if (!metadata) return { current: null, change: null, plan: null, values };
  const { selection: rule, macOnlyEncrypted, lastModified, version } = metadata;
  const current = { ...(await readersOf(metadata, study)), rule, macOnlyEncrypted, lastModified, version };
  const wanted = await orProblem(problems, () => wantedBy(metadata, study));
  if (!wanted) return { current, change: null, plan: null, values };
  const { shutOut, ...change } = await compareRecipients(metadata, wanted);
  if (describeRule(wanted.rule, reader) !== describeRule(rule, reader)) {
    study.notes.push(
      'the rule selects values in another way than the file; commands that change a file keep its own way',
    );
  }
  const plan = { ...(await readersOf(wanted, study)), rule: wanted.rule, macOnlyEncrypted: wanted.macOnlyEncrypted };
  return { current, change: isChange({ ...change, shutOut }) ? change : null, plan, values };
}

/** What the file's rule gives it, as `updatekeys` sees it; null when no configuration has rules. */
async function wantedBy(
  metadata: Metadata,
  { request, config, host }: Study,
): Promise<(Recipients & Selection) | null> {
  const rule = config ? await creationRuleFor(config, request.input.path, host) : null;
  if (!rule) return null;
  const keyGroups = await keyGroupsFor({ rule, host });
  const shamirThreshold = thresholdFor(rule.shamirThreshold, metadata, keyGroups.length);
  const [option, text] = [...rule.selection][0] ?? [];
  const selection = option !== undefined && text !== undefined ? { option, text } : DEFAULT_SELECTION;
  return { keyGroups, shamirThreshold, rule: selection, macOnlyEncrypted: rule.macOnlyEncrypted };
}

function describeRule(rule: SelectionRule | null, { name }: FormatStore): string {
  const { option, text } = rule ?? DEFAULT_SELECTION;
  return formatNamed(name).whole ? '' : `${option} ${text}`;
}

/** The values that are readable in an encrypted file. */
function plainPaths(file: SourceFile, reader: FormatStore): string[] {
  if (formatNamed(reader.name).whole) return [];
  const paths: string[] = [];
  for (const place of leaves(file.documents)) {
    const { value } = place.node;
    const isNothing = value === null || value === '';
    if (!isNothing && !(typeof value === 'string' && looksEncrypted(value))) paths.push(indexText(place));
  }
  return paths;
}

async function readersOf({ keyGroups, shamirThreshold }: Recipients, { nameOf }: Study): Promise<Readers> {
  const groups: NamedRecipient[][] = [];
  for (const group of keyGroups) groups.push(await recipientsIn(group, nameOf));
  return { groups, shamirThreshold };
}

async function recipientsIn(group: KeyGroup, nameOf: NameOf): Promise<NamedRecipient[]> {
  const found: NamedRecipient[] = [];
  for (const key of group) {
    const recipient = await keyStringOf(key);
    found.push({ type: key.type, recipient, name: nameOf(recipient) });
  }
  return found;
}

/** Where the recipients come from. */
function originOf({ request }: Study, isEncrypted: boolean, rule: string | undefined): string {
  const flags = [...request.keyFlags.values()].some((text) => text !== '');
  return !isEncrypted && flags ? 'flags or variables, which count instead of the rule' : (rule ?? 'no rule');
}

/** What a step gives; an error of it becomes a problem. */
async function orProblem<T>(problems: string[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const sentences = [error.message, error.hint].filter((part) => part !== undefined);
    const problem = sentences.map((text) => joinedLines(text).replace(/\.$/, '')).join('. ');
    // Several steps need the configuration: what is wrong with it is reported once.
    if (!problems.includes(problem)) problems.push(problem);
    return undefined;
  }
}
