/** The folders that programs make for plaintext and keys, told by who made them: others may be at work, or be killed, beside a test. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where they are, in memory or not. */
const PLACES = ['/dev/shm', '/tmp'];

/** Those that these processes have made and not removed. */
export function privateFoldersOf(
  pids: readonly (number | string | undefined)[],
  places: readonly string[] = PLACES,
): string[] {
  const makers = new Set(pids.map(String));
  return places.flatMap((place) =>
    (existsSync(place) ? readdirSync(place) : [])
      .filter((name) => makers.has(makerOf(name) ?? 'none'))
      .map((name) => join(place, name)),
  );
}

function makerOf(name: string): string | undefined {
  return /^\.sops-ts-\w+-\w+-(\d+)-/.exec(name)?.[1];
}
