/**
 * What `npm test` is: build, then unit tests, and beside them style and types: those keep a core busy for half a minute, while tests
 * wait for programs and timers.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';

const { execPath } = process;
// One thread: the tests have use for the other core.
const TYPES = ['node_modules/typescript-7/bin/tsc', '--noEmit', '--pretty', '--singleThreaded'];
const STYLE = `npm run --silent check:style -- --colors=${process.stdout.isTTY ? 'force' : 'off'}`;
const TESTS = 'node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project unit --project mocked';

/** Whether a program succeeds, and what it said where that is kept. */
function endOf(child) {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ isFine: false, said: `${error.message}\n` }));
    child.on('close', (status) => resolve({ isFine: status === 0, said }));
  });
}

const shown = (command) => spawn(command, { shell: true, stdio: 'inherit' });
// What these say comes behind the rest, not between its lines.
const kept = { stdio: ['ignore', 'pipe', 'pipe'] };

const types = spawn(execPath, TYPES, kept);
const style = spawn(STYLE, { ...kept, shell: true });
const [typesEnd, styleEnd] = [endOf(types), endOf(style)];
const build = await endOf(shown('npm run --silent build:bundle'));
if (!build.isFine) {
  for (const child of [types, style]) child.kill();
  process.exit(1);
}
const tests = spawn(execPath, [...TESTS.split(' '), ...process.argv.slice(2)], { stdio: 'inherit' });
const testsEnd = endOf(tests);
// What is quickly mended is told without waiting for the tests, which take their temporary folder away when they are interrupted.
styleEnd.then(({ isFine }) => {
  if (!isFine) tests.kill('SIGINT');
});

const passed = await testsEnd;
const formed = await styleEnd;
process.stdout.write(formed.said);
if (!formed.isFine) {
  types.kill();
  process.exit(1);
}
const typed = await typesEnd;
process.stdout.write(typed.isFine ? 'The types fit.\n' : `The types do not fit:\n${typed.said}`);
process.exitCode = passed.isFine && typed.isFine ? 0 : 1;
