/** `who`: from flags to the operation, and what it prints. */
import { SopsError } from '../../errors.js';
import { readAccess, readersCalled } from '../../repository/who/access.js';
import type { AccessTable } from '../../repository/who/access-table.js';
import { flag, type Values } from '../flag.js';
import { jsonText } from '../json-text.js';
import { reportOf } from '../report.js';
import { print, say } from '../streams.js';
import { UsageError } from '../usage-error.js';
import { accessText, readableText } from '../who-text.js';
import { command } from './command.js';
import { configFlag, generalFlags, jsonFlag } from './shared-flags.js';

const flags = {
  canRead: flag.text('can-read', {
    value: 'NAME',
    help: 'only the files that somebody can read: a name of .sops.yaml, or a recipient',
    offers: 'recipients',
  }),
  ages: flag.yesNo('ages', "tell since when files have their data keys, from git's history where there is one"),
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
    const { ages, canRead, config: configPath } = given;
    if (operands.includes('')) throw new UsageError('an empty word is no path', 'who');
    const access = await readAccess({ words: operands, configPath, ages }, host);
    for (const problem of access.problems) say(streams.stderr, reportOf(problem, given.verbose).text);
    const of = canRead === undefined ? undefined : calledIn(access, canRead);
    await print(streams, textOf(access, of, given));
    if (access.problems.length === 0) return 0;
    throw new SopsError(
      access.problems[0]?.code ?? 'failed',
      `${access.problems.length} path(s) could not be looked at: they are not in the table`,
    );
  },
});

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
