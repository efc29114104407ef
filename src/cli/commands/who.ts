/** `who`: from flags to the operation, and what it prints. */
import { SopsError } from '../../errors.js';
import { readAccess, readersCalled } from '../../repository/who/access.js';
import type { AccessTable } from '../../repository/who/access-table.js';
import { accessPage } from '../../repository/who/page.js';
import { statOrThrow } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { replaceFile } from '../../util/files/replace-file.js';
import type { Session } from '../../util/host/host.js';
import { encodeText } from '../../util/text/text.js';
import { jsonText } from '../output/json-text.js';
import { reportOf } from '../output/report.js';
import { accessText, readableText } from '../output/who-text.js';
import { print, say } from '../terminal/streams.js';
import { flag, NEVER_EMPTY, type Values } from '../words/flag.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { configFlag, generalFlags, jsonFlag } from './shared-flags.js';

const flags = {
  canRead: flag.text(
    'can-read',
    {
      value: 'NAME',
      help: 'only the files that somebody can read: a name of .sops.yaml, or a recipient',
      offers: 'recipients',
    },
    NEVER_EMPTY,
  ),
  ages: flag.yesNo('ages', "tell since when files have their data keys, from git's history where there is one"),
  html: flag.text(
    'html',
    {
      value: 'FILE',
      help: 'write the table as one page to filter and sort, without values',
      offers: 'files',
    },
    NEVER_EMPTY,
  ),
  ...jsonFlag,
  ...configFlag,
  ...generalFlags,
};
type Flags = Values<typeof flags>;

export const who = command({
  name: 'who',
  task: 'readers',
  summary: 'show who can read which encrypted files; no key is needed',
  operands: '[path...]',
  examples: ['sops-ts who', 'sops-ts who --can-read alice secrets', 'sops-ts who --ages --json'],
  flags,
  async run(given, { operands, host, streams }) {
    const { canRead, html, config: configPath } = given;
    const ages = given.ages || html !== undefined;
    if (operands.includes('')) throw new UsageError('an empty word is not a path', 'who');
    const access = await readAccess({ words: operands, configPath, ages }, host);
    for (const problem of access.problems) say(streams.stderr, reportOf(problem, given.verbose).text);
    if (html !== undefined) {
      if (given.json || canRead !== undefined)
        throw new UsageError('--html writes the whole table: it goes without --json and --can-read', 'who');
      await writePage(access, html, host);
    }
    const of = canRead === undefined ? undefined : calledIn(access, canRead);
    if (html === undefined) await print(streams, textOf(access, of, given));
    if (access.problems.length === 0) return 0;
    throw new SopsError(
      access.problems[0]?.code ?? 'failed',
      `${access.problems.length} path(s) could not be looked at: they are not in the table`,
    );
  },
});

/** An existing page is replaced whole. */
async function writePage(access: AccessTable, path: string, host: Session): Promise<void> {
  const absolute = resolve(host.cwd, path);
  const read = statOrThrow(absolute) ? readFileSync(absolute) : null;
  await replaceFile(absolute, encodeText(accessPage(access)), { read, warn: (message) => host.warn(message) });
}

/** Whoever can read nothing is an error, unless that may be because something could not be looked at: then that is the error. */
function calledIn(access: AccessTable, name: string): number[] {
  try {
    return readersCalled(name, access);
  } catch (error) {
    if (access.problems.length === 0) throw error;
    return [];
  }
}

function textOf(access: AccessTable, of: readonly number[] | undefined, { json }: Flags): string {
  if (json) return jsonText(accessData(access, of));
  return of ? readableText(access, of) : accessText(access);
}

/** What `--json` prints (docs/repository.md#who-can-read-what). */
function accessData({ readers, files, problems }: AccessTable, of: readonly number[] | undefined): unknown {
  const recipientOf = (at: number): string => readers[at]?.recipient ?? '';
  const shown = of ? files.filter(({ groups }) => groups.some((group) => group.some((at) => of.includes(at)))) : files;
  return {
    version: 1,
    recipients: readers.map(({ recipient, name, type }) => ({ recipient, name: name ?? null, type })),
    files: shown.map(({ path, groups, threshold, lastModified, dataKey }) => ({
      file: path,
      groups: groups.map((group) => group.map(recipientOf)),
      threshold,
      lastModified,
      ...(dataKey ? { dataKey } : {}),
    })),
    problems: problems.map(({ file, message }) => ({ file, message })),
  };
}
