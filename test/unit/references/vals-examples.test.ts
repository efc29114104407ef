/** The examples of vals's documentation, one by one, against servers that hold what they name. The real vals is compared in the integration tests. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutNotes } from '../../support/run.js';
import { sample } from '../../support/sweep.js';
import { ValsDesk } from '../../support/vals-desk.js';
import { VALS_EXAMPLES, ValsServers } from '../../support/vals-examples.js';

const EXAMPLES = sample(VALS_EXAMPLES, 4);

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

describe('what vals documents', () => {
  test.each(EXAMPLES.map(({ reference, value }) => [reference, value] as const))('%s', async (reference, value) => {
    const ran = await at.desk.run(['refs', 'get', at.filled(reference)], { env: at.env });
    if (value === undefined) expect([ran.status === 0, ran.stdout.toString()]).toEqual([false, '']);
    else expect([withoutNotes(ran), ran.status, ran.stdout.toString()]).toEqual(['', 0, value]);
  });
});
