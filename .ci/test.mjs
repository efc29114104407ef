/** What `npm test` is: style, build and unit tests, and beside them the types, which keep one core busy for half a minute. */
import { spawn } from 'node:child_process';
import process from 'node:process';

const { execPath } = process;
// One thread: the tests have use for the other core.
const TYPES = ['node_modules/typescript-7/bin/tsc', '--noEmit', '--pretty', '--singleThreaded'];
const TESTS = 'node_modules/vitest/vitest.mjs run --config test/vitest.config.ts --project unit --project mocked';

/** Whether a program succeeds, and what it said where that is kept. */
function endOf(child) {
  let said = '';
  child.stdout?.on('data', (text) => {
    said += text;
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ isFine: false, said: `${error.message}\n` }));
    child.on('close', (status) => resolve({ isFine: status === 0, said }));
  });
}

// What it says comes behind the rest, not between its lines.
const types = spawn(execPath, TYPES, { stdio: ['ignore', 'pipe', 'inherit'] });
const typesEnd = endOf(types);
for (const script of ['check:style', 'build:bundle']) {
  const { isFine } = await endOf(spawn(`npm run --silent ${script}`, { shell: true, stdio: 'inherit' }));
  if (isFine) continue;
  types.kill();
  process.exit(1);
}
const tests = await endOf(spawn(execPath, [...TESTS.split(' '), ...process.argv.slice(2)], { stdio: 'inherit' }));
const { isFine, said } = await typesEnd;
process.stdout.write(isFine ? 'The types fit.\n' : `The types do not fit:\n${said}`);
process.exitCode = tests.isFine && isFine ? 0 : 1;
