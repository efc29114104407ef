/** Huawei Cloud KMS with the real sops on the same stand-in, which checks both programs' signatures (SOPS_BIN or PATH). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkipped, runSopsAsync, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';
import { ACCESS_KEY, HuaweiService, SECRET_KEY, SESSION_TOKEN } from '../unit/keys/huawei-service.js';

const KEY = 'tr-west-1:0d0466b0-e727-4d9c-b35d-f84bb474a37f';
const PLAIN = 'secret: hello\n';
if (!SOPS) announceSkipped(4, 'there is no sops program');

describe.skipIf(!SOPS)('Huawei Cloud KMS and the real sops', () => {
  const folder = mkdtempSync(join(tmpdir(), 'huawei-'));
  let service: HuaweiService;
  beforeAll(async () => {
    service = await HuaweiService.start();
    writeFileSync(join(folder, 'plain.yaml'), PLAIN);
  });
  afterAll(async () => {
    await service.http.close();
    rmSync(folder, { recursive: true });
  });

  const env = (more: Record<string, string> = {}) => ({
    HOME: folder,
    HUAWEICLOUD_SDK_AK: ACCESS_KEY,
    HUAWEICLOUD_SDK_SK: SECRET_KEY,
    HUAWEICLOUD_SDK_PROJECT_ID: 'p1',
    HUAWEICLOUD_SDK_REGION_KMS_TR_WEST_1: service.http.url,
    ...more,
  });
  const variants: [string, Record<string, string>][] = [
    ['lasting keys', {}],
    ['a session', { HUAWEICLOUD_SDK_SECURITY_TOKEN: SESSION_TOKEN }],
  ];

  test.each(variants)('sops opens ours, with %s', async (_, more) => {
    const ran = await run(['encrypt', '--hckms', KEY, 'plain.yaml'], { cwd: folder, env: env(more) });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(join(folder, 'ours.yaml'), ran.stdout);
    expect(await runSopsAsync(['decrypt', 'ours.yaml'], folder, env(more))).toBe(PLAIN);
  });

  test.each(variants)('we open theirs, with %s', async (_, more) => {
    writeFileSync(
      join(folder, 'theirs.yaml'),
      await runSopsAsync(['encrypt', '--hckms', KEY, 'plain.yaml'], folder, env(more)),
    );
    const ran = await run(['decrypt', 'theirs.yaml'], { cwd: folder, env: env(more) });
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.toString()).toBe(PLAIN);
  });
});
