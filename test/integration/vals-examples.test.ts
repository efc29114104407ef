/** The examples of vals's documentation with the real vals (VALS_BIN or `vals` on PATH): it gives what the unit tests hold sops-ts to. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkipped, findTool } from '../support/programs.js';
import { ValsDesk } from '../support/vals-desk.js';
import { VALS_EXAMPLES, ValsServers } from '../support/vals-examples.js';

const VALS = findTool('vals', 'VALS_BIN', ['version']);
const EXAMPLES = VALS_EXAMPLES.filter(({ isReachable }) => isReachable);
if (!VALS) announceSkipped(EXAMPLES.length, 'there is no program vals (VALS_BIN)');

let servers: ValsServers;
let at: ValsDesk;
beforeAll(async () => {
  servers = await ValsServers.start();
  at = new ValsDesk(servers);
});
afterAll(async () => {
  await servers.close();
  at.desk.remove();
});

const start = promisify(execFile);

describe.skipIf(!VALS)('vals gives', () => {
  test.each(EXAMPLES.map(({ reference, value }) => [reference, value] as const))('%s', async (reference, value) => {
    const ran = start(VALS ?? 'vals', ['get', at.filled(reference)], { cwd: at.desk.folder, env: at.env });
    if (value === undefined) await expect(ran.then(({ stdout }) => stdout.replace('<nil>', ''))).resolves.toBe('');
    else expect((await ran).stdout).toBe(value);
  });
});
