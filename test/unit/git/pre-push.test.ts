/** What a push would bring, as git's hook tells it: commit by commit, and no more than the remote lacks. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { checkPush } from '../../../src/git/pre-push.js';
import { CheckedRepository } from '../../support/checked-repository.js';
import { sampledTest } from '../../support/sweep.js';
import { hostIn } from '../config/support.js';

const test = sampledTest(6);

const PLAIN = 'password: hunter2\n';
const NONE = '0'.repeat(40);
let repository: CheckedRepository;
let first: string;

beforeEach(async () => {
  repository = new CheckedRepository();
  await repository.seal('secrets/good.yaml', PLAIN);
  first = repository.commit();
});
afterEach(() => repository.remove());

async function pushing(lines: readonly string[], { remote = 'origin', env = {} } = {}) {
  const host = hostIn(repository.folder, { ...(repository.env as Record<string, string>), ...env });
  const report = await checkPush({ remote, lines: lines.map((line) => `${line}\n`).join('') }, host);
  return { ...report, found: report.findings.map(({ rule, path, commit }) => `${rule} ${path} ${commit}`) };
}

/** A commit with a forgotten file, and one that takes it out again. */
function forgetful(): { bad: string; tip: string } {
  repository.write({ 'secrets/a.yaml': PLAIN });
  const bad = repository.commit('forget');
  repository.git('rm', '--quiet', 'secrets/a.yaml');
  return { bad, tip: repository.commit('take out') };
}

describe('a push', () => {
  test('of a branch that the remote has brings the commits since, what was taken out again included', async () => {
    const { bad, tip } = forgetful();
    const { found, files } = await pushing([`refs/heads/main ${tip} refs/heads/main ${first}`]);
    expect(found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
    expect(files).toBeGreaterThan(0);
    expect((await pushing([`refs/heads/main ${tip} refs/heads/main ${bad}`])).found).toEqual([]);
  });

  test('of a new branch brings what no branch of that remote has', async () => {
    const { bad, tip } = forgetful();
    const line = `refs/heads/topic ${tip} refs/heads/topic ${NONE}`;
    expect((await pushing([line])).found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
    repository.git('update-ref', 'refs/remotes/other/main', tip);
    expect((await pushing([line])).found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
    repository.git('update-ref', 'refs/remotes/origin/main', tip);
    const known = await pushing([line]);
    expect([known.found, known.files]).toEqual([[], 0]);
  });

  test('of several branches is reported once; one that is taken away brings nothing', async () => {
    const { bad, tip } = forgetful();
    const lines = [
      `refs/heads/main ${tip} refs/heads/main ${first}`,
      `refs/heads/main ${bad} refs/heads/copy ${first}`,
      `(delete) ${NONE} refs/heads/gone ${first}`,
    ];
    expect((await pushing(lines)).found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
    const gone = await pushing(lines.slice(2));
    expect([gone.found, gone.files]).toEqual([[], 0]);
  });

  test('goes by the rules of each commit, not by those of now', async () => {
    const { bad, tip } = forgetful();
    repository.write({
      '.sops.yaml': `creation_rules:\n  - path_regex: ^nowhere/\n    age: ${repository.key.recipient}\n`,
    });
    const later = repository.commit('other rules');
    const { found } = await pushing([`refs/heads/main ${later} refs/heads/main ${first}`]);
    expect(found).toContain(`not-encrypted secrets/a.yaml ${bad}`);
    expect(tip).not.toBe(later);
  });

  test('is told by variables where the program pre-commit calls', async () => {
    const { bad, tip } = forgetful();
    const env = {
      PRE_COMMIT: '1',
      PRE_COMMIT_FROM_REF: first,
      PRE_COMMIT_TO_REF: tip,
      PRE_COMMIT_REMOTE_NAME: 'origin',
    };
    expect((await pushing([], { remote: '', env })).found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
    expect((await pushing([])).files).toBe(0);
  });

  test('of several references, of which pre-commit tells the first alone, is looked at as a whole', async () => {
    repository.git('update-ref', 'refs/remotes/origin/main', first);
    const { bad, tip } = forgetful();
    repository.git('branch', 'topic', tip);
    repository.git('reset', '--quiet', '--hard', first);
    const variables = { PRE_COMMIT: '1', PRE_COMMIT_REMOTE_NAME: 'origin', PRE_COMMIT_LOCAL_BRANCH: 'refs/heads/main' };
    const env = { ...variables, PRE_COMMIT_FROM_REF: first, PRE_COMMIT_TO_REF: first };
    const whole = await pushing([], { remote: '', env });
    expect(whole.found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
    repository.git('update-ref', 'refs/remotes/origin/topic', tip);
    expect((await pushing([], { remote: '', env })).found).toEqual([]);
    repository.git('tag', '--annotate', '--message=t', 'v1', bad);
    repository.git('update-ref', '-d', 'refs/remotes/origin/topic');
    repository.git('branch', '--quiet', '-D', 'topic');
    expect((await pushing([], { remote: '', env })).found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
  });

  test('of a whole branch, which pre-commit tells by its name alone, is not taken for HEAD', async () => {
    const { bad, tip } = forgetful();
    repository.git('branch', 'topic', tip);
    repository.git('reset', '--quiet', '--hard', first);
    const env = { PRE_COMMIT: '1', PRE_COMMIT_REMOTE_NAME: 'origin', PRE_COMMIT_LOCAL_BRANCH: 'refs/heads/topic' };
    expect((await pushing([], { remote: '', env })).found).toEqual([`not-encrypted secrets/a.yaml ${bad}`]);
  });

  test.each([
    ['a line of something else', 'usage', 'refs/heads/main\n'],
    ['a reference that leads to no commit', 'failed', `refs/heads/main ${'1'.repeat(40)} refs/heads/main ${NONE}\n`],
  ])('does not pass with %s', async (_, code, lines) => {
    const host = hostIn(repository.folder, repository.env as Record<string, string>);
    await expect(checkPush({ remote: 'origin', lines }, host)).rejects.toMatchObject({ code });
  });

  test('by the command: its status and what it prints', async () => {
    const { bad, tip } = forgetful();
    const stdin = `refs/heads/main ${tip} refs/heads/main ${first}\n`;
    const ran = await repository.sops(['git', 'pre-push', 'origin', 'url'], { stdin });
    expect(ran.status).toBe(1);
    const said = ran.stdout.toString() + ran.stderr;
    expect(said).toContain('secrets/a.yaml');
    expect(said).toContain(bad.slice(0, 7));
    expect(said).not.toContain('hunter2');
  });
});
