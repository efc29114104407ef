/** `grant --split`: files that share their rule with others get one of their own, so that somebody can be let into them alone. */
import { relative } from 'node:path';
import type { Config } from '../../config/model.js';
import { configOfBytes } from '../../config/read.js';
import { type ConfigTree, readConfigTree } from '../../config/recipients-of.js';
import { type RuleCopy, withRuleCopies } from '../../config/rule-copy.js';
import { SopsError } from '../../errors.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { encodeText } from '../../util/text/text.js';
import {
  exactly,
  type FilesQuestion,
  findRuled,
  literally,
  pathBelow,
  type RuledFile,
  ruleOf,
  sharedRules,
} from './grant-files.js';

/** A configuration in which the files that are meant share no rule with others. */
export interface SplitConfig {
  readonly config: Config;
  readonly tree: ConfigTree;
  /** The places of the rules that are new. */
  readonly copies: ReadonlySet<number>;
}

/**
 * Puts rules of their own in front of those that files share with others: for whole folders that were named where that comes to the same, and so that
 * new files there are in, too; else for the files. Every encrypted file has the rule that it had, or its copy. Throws `config` where rules cannot be copied.
 */
export async function splitRules(question: FilesQuestion, tree: ConfigTree): Promise<SplitConfig> {
  const { config, paths, run } = question;
  const { files: meant } = await findRuled(paths, question);
  const { files: all } = await findRuled([relative(run.cwd, config.folder) || '.'], question);
  const shared = [...sharedRules(meant, all).keys()];
  if (shared.length === 0) return { config, tree, copies: new Set() };
  for (const regexOf of [byFolder(question), exactly]) {
    const copies = shared.flatMap((at) => {
      const pathRegex = regexOf(
        meant.filter(({ rule }) => rule === at),
        config,
      );
      return pathRegex === undefined ? [] : [{ at, pathRegex }];
    });
    if (copies.length < shared.length) continue;
    const split = await withCopies(copies, config, tree);
    if (await isAsMeant(split, { copies, meant, all, question })) return split;
  }
  throw new SopsError('config', `the rules of ${config.path} cannot be split for ${paths.join(' ')}`, {
    file: '',
    hint: 'Nothing was changed. Put a rule of their own in front of it by hand, then run this again.',
  });
}

/** A rule for all that is in a folder: only within one like it nothing comes under a rule that had none. */
const FOLDER_RULE = /^(?:\^([\w/-]*))?$/;

function byFolder({ config, paths, run }: FilesQuestion) {
  return (files: readonly RuledFile[]): string | undefined => {
    const [first] = files;
    const rule = first && config.creationRules?.[first.rule];
    const prefix = rule && FOLDER_RULE.exec(rule.pathRegex);
    if (!prefix) return undefined;
    const folders = paths.map((word) => {
      const absolute = resolve(run.cwd, word);
      const below = pathBelow(absolute, config);
      const isFolder = below !== '' && statOrThrow(absolute)?.isDirectory();
      return isFolder && `${below}/`.startsWith(prefix[1] ?? '') ? `${literally(below)}/` : undefined;
    });
    if (folders.includes(undefined)) return undefined;
    return folders.length === 1 ? `^${folders[0]}` : `^(${folders.join('|')})`;
  };
}

async function withCopies(copies: readonly RuleCopy[], config: Config, tree: ConfigTree): Promise<SplitConfig> {
  const { path, file } = config;
  const text = withRuleCopies(tree, copies, path);
  return {
    config: configOfBytes(encodeText(text), { absolute: file.absolute, path }),
    tree: await readConfigTree(text),
    copies: new Set(copies.map(({ at }) => placeOfCopy(at, copies))),
  };
}

interface Split {
  readonly copies: readonly RuleCopy[];
  readonly meant: readonly RuledFile[];
  readonly all: readonly RuledFile[];
  readonly question: FilesQuestion;
}

/** Whether each file that is meant has the copy of its rule, and all others have what they had. */
async function isAsMeant({ config }: SplitConfig, { copies, meant, all, question }: Split): Promise<boolean> {
  const isMeant = new Set(meant.map(({ absolute }) => absolute));
  for (const { absolute, rule } of all) {
    const isCopied = isMeant.has(absolute) && copies.some(({ at }) => at === rule);
    const own = placeOfCopy(rule, copies);
    const wanted = isCopied ? own : own + (copies.some(({ at }) => at === rule) ? 1 : 0);
    if ((await ruleOf(absolute, config, question.run)) !== wanted) return false;
  }
  return true;
}

/** Where the copy of a rule stands, or the rule itself where it has none. */
function placeOfCopy(rule: number, copies: readonly RuleCopy[]): number {
  return rule + copies.filter(({ at }) => at < rule).length;
}
