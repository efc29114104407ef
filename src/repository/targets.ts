/** Which of the files that were found a command works on: those that are encrypted, or those that a rule wants to be. */
import { basename, dirname } from 'node:path';
import { ruleNaming } from '../config/creation-rule.js';
import { CONFIG_NAME } from '../config/find.js';
import type { Config } from '../config/model.js';
import { SopsError } from '../errors.js';
import { unreadableFile } from '../operations/read/encrypted-files.js';
import { openRun } from '../run/run.js';
import { isWithin } from '../util/files/files.js';
import type { Session } from '../util/host/host.js';
import { nextTurn } from '../util/waiting/task-queue.js';
import type { Content } from './contents.js';
import { encryptedIn, FileSight } from './encrypted.js';
import type { FoundFile } from './operands.js';

/** A file that is to be worked on. */
export interface Target {
  readonly file: FoundFile;
  /** How large it is, as far as that was looked at. */
  readonly bytes: number;
  /** Why it cannot be worked on. */
  readonly problem?: SopsError;
}

/** Which files, beside those that were named themselves: these are always worked on, and judged by the command. */
export interface TargetChoice {
  /** `sealed`: what is encrypted. `wanted`: what a rule of the configuration names and is not encrypted. `both`. */
  readonly kind: 'sealed' | 'wanted' | 'both';
  /** As `--config`. */
  readonly configPath?: string | undefined;
  /** Links are followed within it; the working directory or what is above. */
  readonly top: string;
  /** A folder, absolute, in which nothing is looked for: what is written there. */
  readonly except?: string | undefined;
}

/** What was not worked on, for a summary. */
export interface PassedOver {
  /** Files that a rule names and that are encrypted already. */
  sealed: number;
}

/** After this many files that were looked at without waiting, other work gets its turn. */
const TURN = 128;

/** The files to be worked on, in the order given. */
export async function* targetsAmong(
  files: readonly FoundFile[],
  choice: TargetChoice,
  host: Session,
  passedOver: PassedOver = { sealed: 0 },
): AsyncGenerator<Target> {
  const sight = new FileSight(files, choice.top);
  const looking = { choice, host, sight, configs: new Map(), passedOver };
  let count = 0;
  for (const file of files) {
    if (++count % TURN === 0) await nextTurn();
    if (file.isNamed) yield { file, bytes: 0 };
    else if (choice.except === undefined || !isWithin(file.absolute, choice.except)) {
      const target = await targetOf(file, looking);
      if (target) yield target;
    }
  }
}

interface Looking {
  readonly choice: TargetChoice;
  readonly host: Session;
  readonly sight: FileSight;
  /** By folder: which one is in force does not depend on the file's own name. */
  readonly configs: Map<string, Config | null>;
  readonly passedOver: PassedOver;
}

async function targetOf(found: FoundFile, looking: Looking): Promise<Target | null> {
  const { choice, sight, passedOver } = looking;
  const { kind } = choice;
  let isWanted = false;
  if (kind !== 'sealed') {
    try {
      isWanted = await isNamedByRule(found, looking);
    } catch (problem) {
      if (!(problem instanceof SopsError)) throw problem;
      return { file: found, bytes: 0, problem };
    }
    if (kind === 'wanted' && !isWanted) return null;
  }
  const look = sight.at(found);
  if (look === null) return null;
  const { content } = look;
  // What a rule says of a link's name is said of the link.
  const file = isWanted ? found : look.file;
  const bytes = sizeOf(content);
  const encrypted = await encryptedIn(file, content);
  if (encrypted instanceof SopsError) return { file, bytes, problem: encrypted };
  if (encrypted) {
    if (kind !== 'wanted') return { file, bytes };
    passedOver.sealed += 1;
    return null;
  }
  if (!isWanted || content.kind === 'gone' || content.kind === 'special') return null;
  return content.kind === 'unreadable'
    ? { file, bytes, problem: unreadableFile(file.path, content.cause) }
    : { file, bytes };
}

function sizeOf(content: Content): number {
  return content.kind === 'file' ? content.bytes.length : content.kind === 'huge' ? content.size : 0;
}

/** Whether a rule says of a file that it is to be encrypted. A configuration itself is not, whatever the pattern. */
async function isNamedByRule({ path, absolute }: FoundFile, { choice, host, configs }: Looking): Promise<boolean> {
  if (basename(path) === CONFIG_NAME) return false;
  const folder = dirname(absolute);
  let config = configs.get(folder);
  if (config === undefined) {
    config = (await openRun({ configPath: choice.configPath, filePath: path }, host)).config;
    configs.set(folder, config);
  }
  return config !== null && (await ruleNaming(config, path, host)) !== null;
}
