/** The baseline: findings that are known and accepted, in a file of the repository, so that new ones stand out. */
import { SopsError } from '../../errors.js';
import { writeFileSafely } from '../../util/files/atomic-write.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { encodeText } from '../../util/text/text.js';
import type { CheckFinding } from './check-finding.js';
import type { CheckReport } from './collector.js';

const VERSION = 1;

/** The fingerprints in a baseline. Throws `failed` for a file that cannot be read or is not a baseline. */
export function readBaseline(path: string, host: Host): ReadonlySet<string> {
  const content = parsed(textOf(path, host), path);
  const { version, findings } = content as { version?: unknown; findings?: unknown };
  if (version !== VERSION || !Array.isArray(findings)) throw noBaseline(path, 'it has not the form of one');
  return new Set(
    findings.map((one: unknown) => {
      const fingerprint = (one as { fingerprint?: unknown } | null)?.fingerprint;
      if (typeof fingerprint !== 'string') throw noBaseline(path, 'a finding in it has no fingerprint');
      return fingerprint;
    }),
  );
}

function textOf(path: string, host: Host): string {
  try {
    return readFileSync(resolve(host.cwd, path), 'utf8');
  } catch (cause) {
    const hint =
      systemCode(cause) === 'ENOENT' ? 'Write one: sops-ts check --write-baseline --baseline FILE' : undefined;
    const message = `the baseline cannot be read: ${oneLine(path)}: ${systemReason(cause)}`;
    throw new SopsError('failed', message, { file: path, cause, ...(hint === undefined ? {} : { hint }) });
  }
}

function parsed(text: string, path: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told as any other text that is not one.
  }
  throw noBaseline(path, 'it is not JSON object');
}

function noBaseline(path: string, reason: string): SopsError {
  return new SopsError('failed', `${oneLine(path)} is not a baseline: ${reason}`, { file: path });
}

/** The report without the findings of a baseline, which are counted. */
export function applyBaseline(report: CheckReport, known: ReadonlySet<string>): CheckReport {
  const findings = report.findings.filter(({ fingerprint }) => !known.has(fingerprint));
  return { ...report, findings, baselined: report.findings.length - findings.length };
}

/** Writes all findings of a report into a baseline; none of them is left. Throws what writing throws. */
export async function writeBaseline(path: string, report: CheckReport, host: Host): Promise<CheckReport> {
  await writeFileSafely(resolve(host.cwd, path), encodeText(baselineText(report.findings)), { mode: 0o666 });
  return applyBaseline(report, new Set(report.findings.map(({ fingerprint }) => fingerprint)));
}

/** The text of a baseline of some findings: what they are and where, in their order; nothing of a value. */
export function baselineText(findings: readonly CheckFinding[]): string {
  const kept = findings.map(({ fingerprint, rule, path, keyPath }) => ({ fingerprint, rule, path, keyPath }));
  return `${JSON.stringify({ version: VERSION, findings: kept }, null, 2)}\n`;
}
