/** The formats that a configuration gives to names of files, kept for the run that found it (docs/configuration.md#formats). */
import { type FormatRow, formatMeantBy, formatNamed } from '../formats/registry.js';
import type { Host, Session } from '../util/host/host.js';
import type { Config, NameFormat, Rules } from './model.js';

const NOTED = Symbol('formats of names');

interface Noted {
  formats: readonly NameFormat[];
}

/** Lets the names of a run's files tell the formats that its configuration says. */
export function noteFormats(config: Config | null, host: Session): void {
  const formats = config?.formats ?? [];
  const noted = host.once<Noted>(NOTED, () => ({ formats }));
  noted.formats = formats;
}

/** The format that the configuration of the run gives to a name; undefined for none, and where the run is to be SOPS's. */
export function configuredFormat(name: string, host: Host): FormatRow | undefined {
  return host.calledAsSops ? undefined : formatAmong(formatsOf(host), name);
}

/** A run has its own, whatever other runs of the same session have found since. */
function formatsOf(host: Host & { readonly config?: Config | null }): readonly NameFormat[] {
  if (host.config !== undefined) return host.config?.formats ?? [];
  return 'once' in host ? (host as Session).once<Noted>(NOTED, () => ({ formats: [] })).formats : [];
}

/** The format that people mean by a name under a configuration. */
export function formatMeantUnder(config: Pick<Rules, 'formats'> | undefined, name: string): FormatRow {
  return formatAmong(config?.formats ?? [], name) ?? formatMeantBy(name);
}

function formatAmong(formats: readonly NameFormat[], name: string): FormatRow | undefined {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const found = formats.find(({ pattern }) => fits(pattern, last));
  return found && formatNamed(found.format);
}

/** Whether a text fits a pattern with `*` and `?`; linear but for the number of stars. */
export function fits(pattern: string, text: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const sign = pattern[next];
    if (sign === '*') {
      star = next++;
      resume = at;
    } else if (sign !== undefined && (sign === '?' || sign === text[at])) {
      next += 1;
      at += 1;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[next] === '*') next += 1;
  return next === pattern.length;
}
