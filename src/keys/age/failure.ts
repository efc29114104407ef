/** The words for an age entry that none of the user's identities opens (spec keys-and-config.md section 2.7). */
import { SopsError } from '../../errors.js';
import type { Source, SourceResult } from './sources.js';

export interface SourceReport {
  readonly source: Source;
  readonly result: SourceResult;
}

/**
 * The error for a file that was not opened: why, what was wrong with sources, and where no keys were found.
 * `errors` are those of identities that failed, in the order of trying; reports are in the order of naming.
 */
export function describeFailure(reports: readonly SourceReport[], errors: readonly SopsError[]): SopsError {
  const tried = reports.reduce(
    (sum, { result }) => sum + (result.state === 'loaded' ? result.candidates.length : 0),
    0,
  );
  const message = tried === 0 ? 'failed to load age identities' : `${OPENING}: ${reasonOf(tried, errors)}`;
  const all = [
    ...errors,
    ...reports.flatMap(({ result }) => ('error' in result && result.error ? [result.error] : [])),
  ];
  const hint = all.find((error) => error.hint !== undefined)?.hint ?? nextStep(reports, tried);
  const detail = all.flatMap((error) => error.detail ?? []).join('\n');
  return new SopsError('key', message + loadErrors(reports) + unusedLocations(reports), {
    ...(hint === undefined ? {} : { hint }),
    ...(detail === '' ? {} : { detail }),
    cause: errors[0],
  });
}

/** Sources that are set but of no use come first: whoever set them meant them. */
function nextStep(reports: readonly SourceReport[], tried: number): string {
  const [broken] = brokenSources(reports);
  if (broken !== undefined) return `Mend this first: ${broken}`;
  if (tried > 0)
    return 'None of your age identities is for it: use that of the recipient, or have somebody who can read the file add yours.';
  const places = reports.filter(({ source }) => source.lastResort).map(({ source }) => source.location);
  return ['You have no age identity: name its file in SOPS_AGE_KEY_FILE', ...places]
    .join(', or put it into ')
    .concat('.');
}

/** What was being done, before the reason. */
export const OPENING = 'failed to create reader for decrypting sops data key with age';

function reasonOf(tried: number, errors: readonly SopsError[]): string {
  if (errors[0] !== undefined) return errors[0].message;
  return tried === 1
    ? 'identity did not match any of the recipients: incorrect identity for recipient block'
    : 'no identity matched any of the recipients';
}

function loadErrors(reports: readonly SourceReport[]): string {
  const messages = brokenSources(reports);
  return messages.length === 0 ? '' : `. Errors while loading age identities: ${messages.join('; ')}`;
}

function brokenSources(reports: readonly SourceReport[]): string[] {
  return reports.flatMap(({ source, result }) => {
    if (result.state === 'loaded' || result.error === undefined) return [];
    return result.state === 'absent' && isOutdone(source, reports) ? [] : [result.error.message];
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
function isOutdone(source: Source, reports: readonly SourceReport[]): boolean {
  return source.lastResort && reports.some((report) => report.source !== source && wasThere(report));
}

function wasThere({ source, result }: SourceReport): boolean {
  return result.state === 'loaded' || (result.state === 'malformed' && source.holds === 'identities');
}
