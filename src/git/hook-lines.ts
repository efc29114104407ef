/** What our hooks do, as lines of a shell. They fail closed: what was not checked is not let through. */

/** The hooks, in the order in which git comes to them. */
export const HOOKS = ['pre-commit', 'pre-merge-commit', 'pre-push'] as const;
export type HookName = (typeof HOOKS)[number];

/** The command of a hook, without the words that start sops-ts. */
export function hookCommand(hook: HookName): string {
  return hook === 'pre-push' ? 'git pre-push' : 'check --staged';
}

/** How to go on without the check, for messages. */
const WITHOUT: Readonly<Record<HookName, string>> = {
  'pre-commit': 'git commit --no-verify',
  'pre-merge-commit': 'git merge --no-verify',
  'pre-push': 'git push --no-verify',
};

/** What is said when the check found something, or did not come to its end. */
export function stoppedText(hook: HookName): string {
  return `sops-ts: stopped by ${hook}. Mend what is said above; to go on without the check: ${WITHOUT[hook]}`;
}

function absentText(hook: HookName): string {
  return `sops-ts: stopped by ${hook}, since sops-ts cannot be started here and nothing was checked. Put it on PATH (npm install --global sops-ts); to go on without the check: ${WITHOUT[hook]}`;
}

/** The lines of a hook, which other lines may follow. */
export function hookLines(hook: HookName, program: string): string[] {
  const refuse = [
    '{',
    `  case $? in 126 | 127) echo ${quoted(absentText(hook))} ;; *) echo ${quoted(stoppedText(hook))} ;; esac >&2`,
    '  exit 1',
    '}',
  ];
  if (hook !== 'pre-push') return withRefusal(`${program} ${hookCommand(hook)} </dev/null`, refuse);
  // What git says on standard input is for the lines below as well.
  return [
    'sops_ts_refs=$(cat)',
    ...withRefusal(`printf '%s\\n' "$sops_ts_refs" | ${program} ${hookCommand(hook)} "$@"`, refuse),
    'if [ -z "$sops_ts_refs" ]; then exec </dev/null; else exec <<sops_ts_refs',
    '$sops_ts_refs',
    'sops_ts_refs',
    'fi',
  ];
}

function withRefusal(command: string, [first = '', ...others]: readonly string[]): string[] {
  return [`${command} || ${first}`, ...others];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
