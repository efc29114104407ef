/** Durations as people write them: `90s`, `30m`, `1h30m`. */

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Seconds, or a duration as Go writes it (`1m30s`), in milliseconds; undefined for what is not one. */
export function parseDuration(text: string): number | undefined {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(?<![\d.])(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS.get(unit ?? '') ?? 0), 0);
  return Math.ceil(total);
}

/** A duration in its two largest units, e.g. `1h 30m`. */
export function shownDuration(milliseconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(milliseconds / 1000) * 1000);
  for (const [unit, size] of [...UNITS].reverse()) {
    const count = Math.floor(rest / size);
    if (count > 0 && unit !== 'ms') parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.slice(0, 2).join(' ') || '0s';
}
