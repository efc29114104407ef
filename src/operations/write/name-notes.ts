/** What the user should know when the name of a new file says one thing to people and another to SOPS. */
import { configuredFormat } from '../../config/name-formats.js';
import { warnOnce } from '../../config/warnings.js';
import { FORMATS, formatMeantBy, formatNamed, formatOfName } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import type { Session } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { type FormatChoice, nameOf } from '../read/input.js';

/** Warns, once in a run, of a new file in a format that SOPS does not know. */
export function noteFormat(format: string, host: Session): void {
  if (!formatNamed(format).unknownToSops) return;
  warnOnce(
    host,
    `sops knows no ${format} and cannot read what is encrypted as such; for sops, encrypt the file with --input-type binary`,
  );
}

/** Warns, once per new file, of a name such as `.env.production` or `app.env.enc`; not where a flag says what it is. */
export function noteName(choice: FormatChoice, reader: FormatStore, host: Session): void {
  const name = nameOf(choice);
  if (name === undefined || choice.inputType) return;
  const configured = configuredFormat(name, host);
  const bySops = formatOfName(name);
  if (configured?.name === bySops.name || (!configured && bySops.endings.length > 0)) return;
  const shown = oneLine(name);
  const { name: meant, unknownToSops } = configured ?? formatMeantBy(name);
  if (reader.name === meant && unknownToSops) return;
  if (reader.name === meant && bySops.name !== meant) {
    const flags = typeFlags(meant);
    host.warn(
      `${shown} is encrypted as ${meant}; sops, which takes it for ${bySops.name} by its name, needs ${flags} for it`,
    );
    return;
  }
  const inner = FORMATS.find(({ beginnings }) => beginnings?.some((part) => name.includes(part)))?.name;
  if (inner === undefined) return;
  const advice = `as ${inner}, value by value, it is with ${typeFlags(inner)}`;
  host.warn(`${shown} is encrypted as binary, in one piece, since its name ends in no known format; ${advice}`);
}

function typeFlags(format: string): string {
  return `--input-type ${format} --output-type ${format}`;
}
