/** The words for an age entry that none of the user's identities opens (docs/keys/age.md#failures); loaded when that is so. */

import { SopsError } from '../../errors.js';
import { DAMAGED_ENTRY } from '../damaged-entry.js';
import type { IdentityCandidate } from './identity-text.js';
import type { IdentitySource, SourceResult } from './sources.js';

export interface SourceReport {
  readonly source: IdentitySource;
  readonly result: SourceResult;
}

/** An entry of age that was not opened. */
export interface UnopenedEntry {
  /** What was being done, before the reason. */
  readonly doing: string;
  /** In the order of naming. */
  readonly reports: readonly SourceReport[];
  /** Those of identities that failed, in the order of trying. */
  readonly errors: readonly SopsError[];
  readonly recipient: string;
}

/** The error for it: why, what was wrong with sources, and where no keys were found. */
export function describeFailure({ doing, reports, errors, recipient }: UnopenedEntry): SopsError {
  const tried = reports.reduce((sum, { result }) => sum + candidatesIn(result).length, 0);
  const message = tried === 0 ? 'failed to load age identities' : `${doing}: ${reasonOf(tried, errors)}`;
  const all = [
    ...errors,
    ...reports.flatMap(({ result }) => ('error' in result && result.error ? [result.error] : [])),
  ];
  const hint = nextStep(reports, errors, recipient);
  const detail = all.flatMap((error) => error.detail ?? []).join('\n');
  return new SopsError('key', message + loadErrors(reports) + unusedLocations(reports), {
    hint,
    ...(detail === '' ? {} : { detail }),
    cause: errors[0],
  });
}

/**
 * What to do, by why it failed: an identity that was for the file, or may have been, and could not be used; then sources that are set
 * but of no use, since whoever set them meant them; then that there is no identity of the recipient's kind, or none that fits.
 */
function nextStep(reports: readonly SourceReport[], errors: readonly SopsError[], recipient: string): string {
  if (errors.length > 0) return errors.find(({ hint }) => hint !== undefined)?.hint ?? DAMAGED_ENTRY;
  const [known, unknown] = [reports.filter(isPlaceKnown), reports.filter((report) => !isPlaceKnown(report))];
  const [broken] = brokenSources(known);
  if (broken) return `Mend this first: ${[broken.message, ...(broken.hint ? [broken.hint] : [])].join('. ')}`;
  const kind = kindOf(recipient);
  if (!reports.some(({ source, result }) => kind.isOpenedBy(source.holds, candidatesIn(result)))) {
    return [kind.absent(known.map(({ source }) => source)), ...unknownPlaces(unknown), ...emptySources(reports)].join(
      ' ',
    );
  }
  return `None of your ${kind.fitting}, or have somebody who can read the file add yours.`;
}

/** Which identities a kind of recipients has, and where they belong. */
interface Kind {
  /** What does not fit, and what would, within a sentence. */
  readonly fitting: string;
  isOpenedBy(holds: IdentitySource['holds'], candidates: readonly IdentityCandidate[]): boolean;
  /** What to do without any. */
  absent(sources: readonly IdentitySource[]): string;
}

function kindOf(recipient: string): Kind {
  if (recipient.startsWith('ssh-')) return SSH;
  const plugin = /^age1(?!pq1)(.+)1/.exec(recipient)?.[1];
  return plugin === undefined ? NATIVE : pluginKind(plugin);
}

const FITTING = 'age identities is for it: use that of the recipient';

const NATIVE: Kind = {
  fitting: FITTING,
  isOpenedBy: (holds, candidates) => holds === 'identities' && candidates.length > 0,
  absent: (sources) =>
    [`You have no age identity: ${namingIn('SOPS_AGE_KEY_FILE', 'its file', sources)}`, ...usualFiles(sources)]
      .join(', or put it into ')
      .concat('.'),
};

const SSH: Kind = {
  fitting:
    'SSH keys is for it: name the one of the recipient in SOPS_AGE_SSH_PRIVATE_KEY_FILE (beside it only id_ed25519 and id_rsa in ~/.ssh are tried)',
  isOpenedBy: (holds, candidates) => holds === 'ssh' && candidates.length > 0,
  absent: (sources) =>
    [
      `It is for an SSH key, and you have none: ${namingIn('SOPS_AGE_SSH_PRIVATE_KEY_FILE', 'the private key', sources)}`,
      ...(sources.some(({ holds }) => holds === 'ssh') ? ['~/.ssh (id_ed25519 or id_rsa)'] : []),
    ]
      .join(', or put it into ')
      .concat('.'),
};

function pluginKind(name: string): Kind {
  return {
    fitting: FITTING,
    isOpenedBy: (_, candidates) => candidates.some((one) => one.kind === 'protected' || one.kind === 'plugin'),
    absent: (sources) =>
      [
        `It is for the plug-in age-plugin-${name}, and you have no identity of it: ${namingIn('SOPS_AGE_KEY_FILE', 'a file with AGE-PLUGIN-…', sources)}`,
        ...usualFiles(sources),
      ]
        .join(', or put it into ')
        .concat('.'),
  };
}

/** How an identity is to be given: by a variable, or, where none counts, as the caller of the library has given others. */
function namingIn(variable: string, what: string, sources: readonly IdentitySource[]): string {
  const counts = sources.some(({ location }) => location === variable);
  return counts ? `name ${what} in ${variable}` : 'give it in the option identities';
}

/** Places that hang on a variable which is not there are nobody's to mend, unless an identity lies in them. */
function isPlaceKnown({ result }: SourceReport): boolean {
  return result.state !== 'absent' || result.error === undefined;
}

function unknownPlaces(reports: readonly SourceReport[]): string[] {
  const reasons = reports.flatMap(({ result }) => ('error' in result && result.error ? [result.error.message] : []));
  return reasons.slice(0, 1).map((reason) => `The usual places are unknown: ${reason}.`);
}

/** Whoever set them takes them to hold an identity. */
function emptySources(reports: readonly SourceReport[]): string[] {
  return reports
    .filter(
      ({ source, result }) =>
        source.holds === 'identities' && result.state === 'loaded' && result.candidates.length === 0,
    )
    .map(({ source }) => `${source.location} was read, but holds none.`);
}

function usualFiles(sources: readonly IdentitySource[]): string[] {
  return sources.filter(({ lastResort }) => lastResort).map(({ location }) => location);
}

function candidatesIn(result: SourceResult): readonly IdentityCandidate[] {
  return result.state === 'loaded' ? result.candidates : [];
}

function reasonOf(tried: number, errors: readonly SopsError[]): string {
  if (errors[0] !== undefined) return errors[0].message;
  return tried === 1
    ? 'identity did not match any of the recipients: incorrect identity for recipient block'
    : 'no identity matched any of the recipients';
}

function loadErrors(reports: readonly SourceReport[]): string {
  const messages = brokenSources(reports).map(({ message }) => message);
  return messages.length === 0 ? '' : `. Errors while loading age identities: ${messages.join('; ')}`;
}

function brokenSources(reports: readonly SourceReport[]): SopsError[] {
  return reports.flatMap(({ source, result }) => {
    if (result.state === 'loaded' || result.error === undefined) return [];
    return result.state === 'absent' && isOutdone(source, reports) ? [] : [result.error];
  });
}

/** Sources that are not there, and after them those that held nothing. */
function unusedLocations(reports: readonly SourceReport[]): string {
  const absent = reports.filter(({ source, result }) => {
    return result.state === 'absent' && result.error === undefined && !isOutdone(source, reports);
  });
  const empty = reports.filter(({ result }) => result.state === 'loaded' && result.candidates.length === 0);
  const names = [...absent, ...empty].map(({ source }) => `'${source.location}'`);
  if (names.length === 0) return '';
  const last = names.pop();
  if (names.length === 0) return `. Did not find keys in location ${last}.`;
  return `. Did not find keys in locations ${names.join(', ')}${names.length > 1 ? ',' : ''} and ${last}.`;
}

/** Whether a source of last resort goes unmentioned because another one was there, be it without a good identity. */
function isOutdone(source: IdentitySource, reports: readonly SourceReport[]): boolean {
  return source.lastResort && reports.some((report) => report.source !== source && wasThere(report));
}

function wasThere({ source, result }: SourceReport): boolean {
  return result.state === 'loaded' || (result.state === 'malformed' && source.holds === 'identities');
}
