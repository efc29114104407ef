/** `check --fix`: encrypts what rules have encrypted, and gives files the recipients of their rules, as the commands for that do. */
import { dirname, join, relative, resolve } from 'node:path';
import { CONFIG_NAME } from '../../config/find.js';
import { SopsError } from '../../errors.js';
import { workTreeOf } from '../../exec/git/places.js';
import { updateKeys } from '../../operations/recipients/updatekeys.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import { isWithin, statOf } from '../../util/files.js';
import type { Host } from '../../util/host.js';
import type { CheckFinding } from './check-finding.js';
import type { CheckRuleId } from './check-rules.js';

/** What a fix does; whatever else is found needs somebody who decides. */
type Fix = (file: string, configPath: string | undefined, host: Host) => Promise<void>;

const FIXES: ReadonlyMap<CheckRuleId, Fix> = new Map<CheckRuleId, Fix>([
  ['not-encrypted', encryptInPlace],
  ['recipients-differ', updateRecipients],
  ['threshold-differs', updateRecipients],
]);

/** What came of fixing. */
export interface FixOutcome {
  /** Files that were written, as users see them. */
  readonly fixed: readonly string[];
  /** Those that could not be, each with its error. */
  readonly problems: readonly SopsError[];
}

/** Fixes what can be fixed, file by file. One that fails does not keep the others from their turn. */
export async function fixFindings(
  findings: readonly CheckFinding[],
  configPath: string | undefined,
  host: Host,
): Promise<FixOutcome> {
  const top = (await workTreeOf(host.cwd, host))?.top ?? host.cwd;
  const fixed: string[] = [];
  const problems: SopsError[] = [];
  const done = new Set<string>();
  for (const finding of findings) {
    const { rule, shown } = finding;
    const fix = FIXES.get(rule);
    if (!fix || done.has(shown)) continue;
    done.add(shown);
    try {
      await fix(shown, configPath ?? nearestConfig(resolve(host.cwd, shown), top, host), host);
      fixed.push(shown);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      problems.push(error.file === undefined ? error.with(error.code, { file: shown }) : error);
    }
  }
  return { fixed, problems };
}

/** The configuration that the check went by, where other commands would not find it by themselves. */
function nearestConfig(absolute: string, top: string, host: Host): string | undefined {
  if (host.env.SOPS_CONFIG) return undefined;
  for (let folder = dirname(absolute); isWithin(folder, top); folder = dirname(folder)) {
    const path = join(folder, CONFIG_NAME);
    if (statOf(path)) return relative(host.cwd, path);
    if (folder === dirname(folder)) break;
  }
  return undefined;
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

/** With a new data key where somebody is shut out, as `updatekeys` has it. */
async function updateRecipients(file: string, configPath: string | undefined, host: Host): Promise<void> {
  await updateKeys(
    {
      files: [file],
      configPath,
      check: false,
      keepDataKey: false,
      ignoreMac: false,
      talk: {
        started: () => undefined,
        showChange: async () => undefined,
        confirm: async () => true,
        finished: () => undefined,
        failed: (error) => {
          throw error;
        },
        warn: (message) => host.warn(message),
      },
    },
    host,
  );
}
