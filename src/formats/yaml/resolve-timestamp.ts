/** Plain scalars that are timestamps, as go-yaml v3 reads them with Go's `time.Parse`. */
import type { Timestamp } from '../../tree/tree.js';
import { daysInMonth, instantOf } from '../../util/text/rfc3339.js';

const DATE = '([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})';
const CLOCK = '([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,]([0-9]+))?';
const DATE_ONLY = new RegExp(`^${DATE}$`);
const WITH_ZONE = new RegExp(`^${DATE}[Tt]${CLOCK}(?:Z|([-+])([0-9]{2}):([0-9]{2}))$`);
const WITHOUT_ZONE = new RegExp(`^${DATE} +${CLOCK}$`);

/**
 * The timestamp a text stands for; undefined when it is not one. Its offset may reach 25 hours: Go reads offsets up to
 * `±24:60`, which it then cannot print (docs/format.md#d10-offsets-of-a-day).
 */
export function readTimestamp(text: string): Timestamp | undefined {
  if (text.charCodeAt(4) !== 0x2d) return undefined;
  const found = DATE_ONLY.exec(text) ?? WITH_ZONE.exec(text) ?? WITHOUT_ZONE.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0] = found.slice(1, 4).map(Number);
  const [hour, minute, second] = [found[4], found[5], found[6]].map((part) => Number(part ?? 0));
  const [zoneHour, zoneMinute] = [found[9], found[10]].map((part) => Number(part ?? 0));
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (zoneHour === undefined || zoneMinute === undefined || zoneHour > 24 || zoneMinute > 60) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = (found[8] === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute);
  const time = { year, month, day, hour, minute, second, fraction: found[7] ?? '' };
  return { kind: 'timestamp', ...instantOf(time, offset) };
}
