/** Every vector of ksops, without kustomize: what the plug-in prints is what ksops printed, or means the same. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { INDEX, KUBERNETES, runPlugin, vectorText } from '../../support/kubernetes.js';

const meaningOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as unknown);
const streams = INDEX.ksops.filter(({ legacy }) => legacy.io?.length === 2);
const lists = INDEX.ksops.filter(({ krm }) => krm.resourceList);
/** Failures of the program itself; the others are those of kustomize, or need its objects. */
const FOREIGN = ['collision', 'err-no-name', 'err-transformer'];
const failures = INDEX.ksops.filter(({ id, krm }) => krm.exit !== 0 && !FOREIGN.includes(id));

/** The first line of what ksops said, up to where the index cuts it, without what kustomize puts around it. */
function firstLine(stderr: string): string {
  const [line = ''] = stderr.replace(/^Error: /, '').split('\n');
  return line.split('unable to generate manifests: ', 2)[line.startsWith('unable') ? 1 : 0] ?? '';
}

describe('the vectors of ksops', () => {
  test.each(streams)('$id: the legacy stream is equal byte for byte ($about)', async ({ in: folder, legacy }) => {
    const [config = '', stream = ''] = legacy.io ?? [];
    const ran = await runPlugin([join(KUBERNETES, config)], { cwd: join(KUBERNETES, folder) });
    expect(ran.stderr).toBe('');
    expect(ran.stdout.toString()).toBe(vectorText(stream));
    expect(ran.status).toBe(0);
  });

  test.each(lists)('$id: the ResourceList means the same ($about)', async ({ in: folder, krm }) => {
    const [output = '', input = ''] = krm.resourceList ?? [];
    const ran = await runPlugin([], { cwd: join(KUBERNETES, folder), stdin: vectorText(input) });
    expect(ran.status).toBe(krm.exit);
    const ours = parse(ran.stdout.toString()) as { items: unknown; results?: { message: string; severity: string }[] };
    const theirs = parse(vectorText(output)) as typeof ours;
    expect(ours.items).toEqual(theirs.items);
    expect(ours.results?.map(({ severity }) => severity)).toEqual(theirs.results?.map(({ severity }) => severity));
    expect(ours.results?.[0]?.message.split('\n')[0]?.split('expected mac')[0]).toBe(
      theirs.results?.[0]?.message.split('\n')[0]?.split('expected mac')[0],
    );
  });

  test.each(failures)('$id: the first line and the exit code of ksops, in both forms', async (vector) => {
    const cwd = join(KUBERNETES, vector.in);
    const env = vector.env ?? {};
    const generator = vectorText(join(vector.in, 'gen.yaml'));
    const list = { apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList' };
    const config = parse(generator) as { metadata: { annotations: Record<string, string> } };
    config.metadata.annotations['config.kubernetes.io/local-config'] = 'true';
    const stdin = JSON.stringify({ ...list, items: [config], functionConfig: config });
    const krm = await runPlugin([], { cwd, env, stdin });
    const legacy = await runPlugin(['gen.yaml'], { cwd, env });
    for (const [ran, said] of [
      [krm, vector.krm.stderr],
      [legacy, vector.legacy.stderr],
    ] as const) {
      if (said === undefined) continue;
      const expected = firstLine(said).replace(/%!w.*/, '').slice(0, 150);
      expect(ran.stderr.replace(/^unable to generate manifests: /, '')).toContain(expected.slice(0, 100));
      expect(ran.status).toBe(1);
      expect(ran.stderr.endsWith('\n')).toBe(true);
    }
    expect(legacy.stdout.toString()).toBe('');
    expect(meaningOf(krm.stdout.toString())).toMatchObject([{ items: [{ metadata: { name: 'gen' } }] }]);
  });

  test('err-transformer: as a KRM transformer it fails on the first object, and shows nothing of it', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'plain' },
      data: { k: 'c2VjcmV0LWNhbmFyeQ==' },
    };
    const config = parse(vectorText('ksops/err-transformer/in/gen.yaml')) as object;
    const stdin = JSON.stringify({ kind: 'ResourceList', items: [object], functionConfig: config });
    const ran = await runPlugin([], { cwd: join(KUBERNETES, 'ksops/err-transformer/in'), stdin });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(
      "missing the required 'files' or 'secretFrom' key in the ksops manifests: Secret plain",
    );
    expect(ran.stderr).not.toContain('c2VjcmV0');
  });
});
