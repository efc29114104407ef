/** What `check` prints for programs (docs/check.md#json). */
import type { CheckReport } from '../../repository/check/collector.js';
import { jsonText } from '../output/json-text.js';

/** Of the form of this object. It grows when a member changes its meaning or goes, and not when one comes. */
const VERSION = 1;

export function checkJson(report: CheckReport): string {
  const { findings, problems, notEntered, files, encrypted, allowed, baselined } = report;
  return jsonText({
    version: VERSION,
    findings: findings.map(({ rule, severity, path, line, keyPath, message, next, fingerprint, commit }) => ({
      rule,
      severity,
      path,
      line,
      keyPath,
      message,
      next,
      fingerprint,
      commit,
    })),
    problems: problems.map(({ code, message, file, hint }) => ({ code, file, message, hint })),
    summary: { files, encrypted, findings: findings.length, allowed, baselined, notEntered },
  });
}
