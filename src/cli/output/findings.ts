/** What a check found, as it is printed: one finding a line, and how many there are. */
import type { Finding } from '../../kubernetes/kustomize/findings.js';
import { print, type Streams } from '../terminal/streams.js';
import { printable } from './report.js';

/** Prints findings after which `checked` says what was looked at; returns the exit status. Throws as `print` does. */
export async function printFindings(streams: Streams, findings: readonly Finding[], checked: string): Promise<number> {
  const lines = findings.map(({ file, text }) => `${printable(`${file}: ${text}`)}\n`);
  await print(streams, `${lines.join('')}${checked}: ${findings.length || 'no'} finding(s)\n`);
  return findings.length > 0 ? 1 : 0;
}
