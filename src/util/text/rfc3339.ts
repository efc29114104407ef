/** RFC 3339 times with nanoseconds: strict reading, printing, and the present second. */

/** An instant and the offset it was written with. */
export interface Instant {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly nanoseconds: bigint;
  /** Offset from UTC in minutes. */
  readonly offset: number;
}

const PATTERN = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const NANOSECONDS = 1_000_000_000n;
const MINUTE = 60;
const DAY = 86_400;
/** Offsets are below 24 hours: Go's reader and printer refuse others, and so would SOPS. */
const OFFSET_LIMIT = 24 * 60;

/**
 * The instant an RFC 3339 text names, or null when it is not one: upper-case `T` and `Z`, valid calendar date,
 * no leap second, offset below 24 hours. Digits of the fraction beyond nanoseconds are cut.
 */
export function parseRfc3339(text: string): Instant | null {
  const found = PATTERN.exec(text);
  if (!found) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const offsetHour = Number(found[9] ?? 0);
  const offsetMinute = Number(found[10] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return null;
  const offset = (found[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  return instantOf({ year, month, day, hour, minute, second, fraction: found[7] ?? '' }, offset);
}

/** The parts of a written time; `fraction` holds the digits after the point. */
export interface WrittenTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly fraction: string;
}

/** The instant of a calendar time (taken as valid) at an offset in minutes. */
export function instantOf(time: WrittenTime, offset: number): Instant {
  const days = daysFromCivil(time.year, time.month, time.day);
  const seconds = days * DAY + time.hour * 3600 + time.minute * MINUTE + time.second - offset * MINUTE;
  const fraction = BigInt(time.fraction.slice(0, 9).padEnd(9, '0'));
  return { nanoseconds: BigInt(seconds) * NANOSECONDS + fraction, offset: offset === 0 ? 0 : offset };
}

/**
 * The RFC 3339 text of an instant in its own offset, `Z` for none. With precision `nano` the fraction is
 * printed without trailing zeros, with `seconds` it is cut. Null when it has no such text: a year outside
 * 0…9999, or an offset of 24 hours or more.
 */
export function formatRfc3339(instant: Instant, precision: 'nano' | 'seconds' = 'nano'): string | null {
  if (Math.abs(instant.offset) >= OFFSET_LIMIT) return null;
  const local = instant.nanoseconds + BigInt(instant.offset * MINUTE) * NANOSECONDS;
  const fraction = ((local % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const seconds = Number((local - fraction) / NANOSECONDS);
  const days = Math.floor(seconds / DAY);
  const { year, month, day } = civilFromDays(days);
  if (!(year >= 0 && year <= 9999)) return null;
  const inDay = seconds - days * DAY;
  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
  const time = `${pad(Math.floor(inDay / 3600))}:${pad(Math.floor(inDay / MINUTE) % 60)}:${pad(inDay % MINUTE)}`;
  const digits = precision === 'nano' ? trimZeros(fraction.toString().padStart(9, '0')) : '';
  return `${date}T${time}${digits && `.${digits}`}${formatOffset(instant.offset)}`;
}

/** A moment (milliseconds since 1970) in UTC with whole seconds, as `lastmodified` and `created_at` are written. */
export function formatUtcSeconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** The number of days of a month of the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function formatOffset(offset: number): string {
  if (offset === 0) return 'Z';
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

function pad(value: number, width = 2): string {
  return value.toString().padStart(width, '0');
}

/** Days since 1970-01-01. `Date` maps years below 100 to the 1900s, `setUTCFullYear` does not. */
function daysFromCivil(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / (DAY * 1000);
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const date = new Date(days * DAY * 1000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
