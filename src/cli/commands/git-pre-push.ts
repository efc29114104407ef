/** `git pre-push`: from git's words and lines to findings. */
import { checkPush } from '../../git/pre-push.js';
import { decodeText } from '../../util/text/text.js';
import { checkText } from '../check/check-text.js';
import { reportOf } from '../output/report.js';
import { readAll, say } from '../terminal/streams.js';
import { command } from './command.js';
import { generalFlags } from './shared-flags.js';

const FOUND = 1;

export const gitPrePush = command({
  name: 'git pre-push',
  task: 'repository',
  summary: 'check every commit that a push would bring to a remote; git calls it',
  operands: '[remote [url]]',
  examples: ['sops-ts git install   # puts it into the hook'],
  flags: generalFlags,
  async run({ verbose }, { operands: [remote = ''], host, streams }) {
    const lines = decodeText(await readAll(streams.stdin));
    const report = await checkPush({ remote, lines }, host);
    // What git's hooks print on standard output is for the user as well, but only the other stream is shown by every git.
    say(streams.stderr, checkText(report));
    let status = 0;
    for (const problem of report.problems) {
      const told = reportOf(problem, verbose);
      say(streams.stderr, told.text);
      status ||= told.status;
    }
    return status || (report.findings.length > 0 ? FOUND : 0);
  },
});
