/** Findings as SARIF 2.1.0 (OASIS), as code scanning of GitHub and other programs take them. */
import { EXIT_STATUS } from '../../errors.js';
import type { CheckFinding } from '../../repository/check/check-finding.js';
import { CHECK_RULES, type CheckRuleId } from '../../repository/check/check-rules.js';
import type { CheckReport } from '../../repository/check/collector.js';
import { encodeText } from '../../util/text/text.js';
import { jsonText } from '../output/json-text.js';
import { packageVersion } from '../version.js';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
/** GitHub shows no more of a run. */
const MOST_RESULTS = 5000;
/** By which GitHub sorts; a text, as it wants one. */
const SECURITY_SEVERITY = { error: '8.0', warning: '4.0' } as const;

const RULE_IDS = Object.keys(CHECK_RULES) as CheckRuleId[];

export function checkSarif(report: CheckReport): string {
  const { problems, files } = report;
  const sawNothing = files === 0 && problems.length > 0;
  const run = {
    tool: { driver: driver() },
    automationDetails: { id: 'sops-ts/check/' },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { SRCROOT: { description: { text: 'The top of the repository.' } } },
    invocations: [invocation(report)],
    ...(sawNothing ? {} : { results: shownFindings(report).map(result) }),
  };
  return jsonText({ $schema: SCHEMA, version: '2.1.0', runs: [run] });
}

function driver() {
  const rules = RULE_IDS.map((id) => {
    const { title, reason, severity } = CHECK_RULES[id];
    return {
      id,
      shortDescription: { text: capital(title) },
      fullDescription: { text: reason },
      defaultConfiguration: { level: severity },
      properties: { 'security-severity': SECURITY_SEVERITY[severity], tags: ['security'] },
    };
  });
  return { name: 'sops-ts', version: packageVersion(), rules };
}

function invocation({ problems, findings }: CheckReport) {
  const left = findings.length - MOST_RESULTS;
  const notes = left > 0 ? [{ level: 'warning', message: { text: `${left} more finding(s) are not listed` } }] : [];
  const failures = problems.map(({ message, code }) => ({
    level: 'error',
    message: { text: message },
    properties: { code, status: EXIT_STATUS[code] },
  }));
  return { executionSuccessful: problems.length === 0, toolExecutionNotifications: [...failures, ...notes] };
}

/** The errors first where there are too many; in their order otherwise. */
function shownFindings({ findings }: CheckReport): readonly CheckFinding[] {
  if (findings.length <= MOST_RESULTS) return findings;
  const bySeverity = (wanted: string): CheckFinding[] => findings.filter(({ severity }) => severity === wanted);
  return [...bySeverity('error'), ...bySeverity('warning')].slice(0, MOST_RESULTS);
}

function result({ rule, severity, path, line, message, next, fingerprint, keyPath, commit }: CheckFinding) {
  const region = line === undefined ? {} : { region: { startLine: line } };
  const artifactLocation = { uri: uriOf(path), uriBaseId: 'SRCROOT' };
  const logicalLocations =
    keyPath && keyPath.length > 0
      ? { logicalLocations: [{ fullyQualifiedName: keyPath.join('.'), kind: 'member' }] }
      : {};
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: severity,
    message: { text: next === undefined ? message : `${message}. ${next}` },
    locations: [{ physicalLocation: { artifactLocation, ...region }, ...logicalLocations }],
    partialFingerprints: { 'sopsTsCheck/v1': fingerprint },
    ...(commit === undefined ? {} : { properties: { commit } }),
  };
}

/** Percent-encoded, from the bytes of the name (RFC 3986 section 2). */
export function uriOf(path: string): string {
  return [...encodeText(path)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9._~/-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
