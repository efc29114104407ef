/** `check --fix`: encrypts what rules have encrypted, and gives files the recipients and the selection of their rules, as the commands for that do. */
import { relative } from 'node:path';
import { SopsError } from '../../errors.js';
import { workTreeOf } from '../../exec/git/places.js';
import { updateKeys } from '../../operations/recipients/updatekeys.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import { lstatOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { realPath } from '../../util/files/real-path.js';
import type { Host } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import type { CheckFinding } from './check-finding.js';
import type { CheckRuleId } from './check-rules.js';
import { bringingBack } from './examined-file.js';
import { bookFinder } from './rule-books.js';

/** What is done about a finding; whatever else is found needs somebody who decides. */
type Remedy = 'encrypt' | 'recipients' | 'order' | 'selection';

const REMEDIES: ReadonlyMap<CheckRuleId, Remedy> = new Map<CheckRuleId, Remedy>([
  ['not-encrypted', 'encrypt'],
  ['recipients-differ', 'recipients'],
  ['threshold-differs', 'recipients'],
  ['recipients-reordered', 'order'],
  ['selection-differs', 'selection'],
  ['mac-only-encrypted-differs', 'selection'],
]);

/** What came of fixing. */
export interface FixOutcome {
  /** Files that were written, as users see them. */
  readonly fixed: readonly string[];
  /** Those in which something was left that a fix would make readable. */
  readonly left: readonly string[];
  /** Those that could not be, each with its error. */
  readonly problems: readonly SopsError[];
}

/** Fixes what can be fixed, file by file. One that fails does not keep the others from their turn. */
export async function fixFindings(
  findings: readonly CheckFinding[],
  configPath: string | undefined,
  host: Host,
): Promise<FixOutcome> {
  const top = (await workTreeOf(host.cwd, host))?.top ?? null;
  const bookOf = bookFinder({ host: sessionOf(host), configPath, top });
  const fixed: string[] = [];
  const problems: SopsError[] = [];
  const { remedies, left } = remediesFor(findings);
  for (const [shown, wanted] of remedies) {
    try {
      // By the configuration and under the path that the check went by, which other commands might not find by themselves.
      const given = resolve(host.cwd, shown);
      const real = realPath(given);
      if (!lstatOrThrow(real)) throw notHere(shown);
      const file = real === given ? shown : relative(host.cwd, real);
      const book = configPath || host.env.SOPS_CONFIG ? null : await bookOf(real);
      if (await applyRemedies(wanted, file, configPath ?? book?.config.path, host)) fixed.push(shown);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      problems.push(error.file === undefined ? error.with(error.code, { file: shown }) : error);
    }
  }
  return { fixed, left, problems };
}

/** Git has it, and the work tree does not. */
function notHere(shown: string): SopsError {
  return new SopsError('no-file', `${shown} is not in the work tree, so it was not fixed`, {
    file: shown,
    hint: `${bringingBack(shown)}; then check again.`,
  });
}

/** What is to be done with each file, all at once: it is written, and its key asked for, no more than once. */
function remediesFor(findings: readonly CheckFinding[]) {
  const remedies = new Map<string, Set<Remedy>>();
  const left = new Set(findings.filter(({ exposes }) => exposes !== undefined).map(({ shown }) => shown));
  for (const { rule, shown } of findings) {
    const remedy = REMEDIES.get(rule);
    // Order and selection come together.
    if (!remedy || ((remedy === 'selection' || remedy === 'order') && left.has(shown))) continue;
    remedies.set(shown, (remedies.get(shown) ?? new Set()).add(remedy));
  }
  return { remedies, left: [...left] };
}

/** Whether the file was written. */
async function applyRemedies(
  wanted: ReadonlySet<Remedy>,
  shown: string,
  configPath: string | undefined,
  host: Host,
): Promise<boolean> {
  if (!wanted.has('encrypt')) return updateFile(shown, configPath, wanted, host);
  await encryptInPlace(shown, configPath, host);
  return true;
}

async function encryptInPlace(file: string, configPath: string | undefined, host: Host): Promise<void> {
  await encryptFile(
    {
      input: { kind: 'file', path: file },
      output: { kind: 'in-place' },
      configPath,
      keyFlags: new Map(),
      selection: {},
      macOnlyEncrypted: false,
      allowUnencrypted: false,
    },
    host,
  );
}

/** With a new data key where somebody is shut out, as `updatekeys` has it. A selection that a baseline accepts is kept. */
async function updateFile(
  file: string,
  configPath: string | undefined,
  wanted: ReadonlySet<Remedy>,
  host: Host,
): Promise<boolean> {
  let isWanted = true;
  let isWritten = false;
  await updateKeys(
    {
      files: [file],
      configPath,
      check: false,
      keepDataKey: false,
      selection: wanted.has('selection') || wanted.has('order'),
      ignoreMac: false,
      talk: {
        started: () => undefined,
        showChange: async ({ selection }) => {
          isWanted = selection === undefined || wanted.has('selection');
        },
        confirm: async () => isWanted,
        finished: (_file, result) => {
          isWritten = result !== 'unchanged';
        },
        failed: (error) => {
          throw error;
        },
        warn: (message) => host.warn(message),
      },
    },
    host,
  );
  return isWritten;
}
