// The end of .ci/run: each test that failed with why, how many were skipped, and the plain last line `N passed, N failed`.
// Takes the folder of vitest's JSON reports and the number of steps that failed. What stands far above is lost where only the end
// of a log is kept, so the failures are named here again.
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [folder, steps] = process.argv.slice(2);
const LINES_OF_A_FAILURE = 15;
let passed = 0;
let failed = 0;
let skipped = 0;

/** A file that could not be run at all has no failed test: its own message is what there is to say. */
const failuresOf = ({ name, message, status, assertionResults }) => {
  const tests = assertionResults.filter((test) => test.status === 'failed');
  if (tests.length === 0) return status === 'failed' ? [{ file: name, title: '(the file itself)', messages: [message] }] : [];
  return tests.map((test) => ({ file: name, title: test.fullName, messages: test.failureMessages }));
};

for (const name of ['unit', 'sweeps', 'faults', 'integration']) {
  const file = `${folder}/${name}.json`;
  if (!existsSync(file)) {
    console.log(`== no report of ${name}: it did not come to its end`);
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
  for (const { file, title, messages } of report.testResults.flatMap(failuresOf)) {
    console.log(`== FAILED (${name}) ${relative(process.cwd(), file)}: ${title}`);
    console.log(messages.join('\n').split('\n').slice(0, LINES_OF_A_FAILURE).join('\n'));
  }
}
if (skipped > 0) console.log(`${skipped} skipped (no real sops, gpg, bun or cc on this machine; see the warnings above)`);
// A step that failed without a failing test (install, build, lint, types) counts as one failure.
if (failed === 0) failed = Number(steps);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
