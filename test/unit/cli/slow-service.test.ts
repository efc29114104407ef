/** Many files whose data keys a slow service wraps: asked side by side with a bound, and more slowly when it gets too many calls. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, expect } from 'vitest';
import { MOST_CALLS } from '../../../src/keyservice/local.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';
import { AwsService } from '../keys/aws-service.js';
import { HttpService } from '../keys/http-service.js';

const test = sampledTest(2);

const FILES = 30;
const DELAY = 100;
const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/one';

let desk: Desk;
let kms: AwsService;
let service: HttpService;
let underWay = 0;
let most = 0;
let refusals = 0;

beforeEach(async () => {
  [underWay, most, refusals] = [0, 0, 0];
  desk = new Desk();
  kms = await AwsService.start();
  service = await HttpService.start(async (request) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((done) => setTimeout(done, DELAY));
    underWay -= 1;
    if (refusals-- > 0) return { status: 400, body: JSON.stringify({ __type: 'ThrottlingException' }) };
    return kms.respond(request);
  });
  mkdirSync(desk.path('s'));
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: ^s/\n    kms: ${ARN}\n`);
  for (let at = 0; at < FILES; at++) desk.write(`s/f${at}.yaml`, `k: ${at}\n`);
});
afterEach(async () => {
  await service.close();
  await kms.http.close();
  desk.remove();
});

const env = () => ({
  SOPS_AGE_RECIPIENTS: '',
  AWS_ENDPOINT_URL: service.url,
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** How many calls were under way at a time: what time it saves depends on what else the machine does. */
async function width(...words: string[]): Promise<number> {
  most = 0;
  const ran = await desk.run(words, { env: env() });
  expect(ran.status, ran.stderr).toBe(0);
  return most;
}

test('they are asked at the same time, with a bound', { timeout: 30_000 }, async () => {
  const widths = [await width('encrypt', '-i', 's')];
  expect(await width('updatekeys', '-y', 's')).toBe(0);
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: ^s/\n    kms: ${ARN},${ARN.replace('one', 'two')}\n`);
  // Two for each file, and so more than may be under way.
  widths.push(await width('updatekeys', '-y', 's'));
  widths.push(await width('decrypt', '-i', 's'));
  for (const one of widths) {
    expect(one).toBeGreaterThan(5);
    expect(one).toBeLessThanOrEqual(MOST_CALLS);
  }
  expect(desk.text('s/f29.yaml')).toBe('k: 29\n');
});

test('a service that gets too many calls is asked again, and all files are encrypted', {
  timeout: 60_000,
}, async () => {
  refusals = 40;
  await width('encrypt', '-i', 's');
  expect(desk.text('s/f0.yaml')).toContain('ENC[');
  expect(desk.text('s/f29.yaml')).toContain('ENC[');
});
