/** docs/cli.md is what the commands say of themselves. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REGISTRY } from '../../../src/cli/commands/registry.js';
import { cliPage, REWRITE } from '../../support/cli-page.js';
import { ROOT } from '../../support/program.js';

const PAGE = join(ROOT, 'docs/cli.md');

test('the page tells of the commands as they are', () => {
  const page = cliPage();
  if (process.env.SOPS_TS_WRITE_PAGES) writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8') === page, `docs/cli.md is out of date: ${REWRITE}`).toBe(true);
});

test('every command has its heading', () => {
  const page = readFileSync(PAGE, 'utf8');
  for (const { name } of REGISTRY) expect(page).toContain(`\n### ${name}\n`);
});
