/** Plays scenarios against the real main, in the test's process. */
import { spawnSync } from 'node:child_process';
import { COMMANDS } from './commands.js';
import { type Script, type Step, wordsOf } from './script.js';
import { Stage } from './stage.js';

/** What a scenario may need, and whether this machine has it. */
const NEEDS: Readonly<Record<string, () => boolean>> = {
  git: () => spawnSync('git', ['--version']).status === 0,
  unix: () => process.platform !== 'win32',
  // Root may read and write everything.
  'no-root': () => process.getuid?.() !== 0,
  // Seconds: it is played with the sweeps.
  time: () => true,
};

/** What this machine lacks of what a scenario needs. Throws for what nobody knows. */
export function lacking({ needs }: Script): string | undefined {
  return needs.find((name) => {
    const isThere = NEEDS[name];
    if (!isThere) throw new Error(`a scenario needs ${name}, which nobody knows`);
    return !isThere();
  });
}

/** Plays a story from its first line to its last. Throws at the first line that does not end as it is to. */
export async function play(script: Script): Promise<void> {
  const stage = new Stage(script.files);
  try {
    for (const step of script.steps) await take(step, stage);
    const left = stage.leftovers();
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  } finally {
    stage.remove();
  }
}

async function take(step: Step, stage: Stage): Promise<void> {
  const failure = await outcomeOf(step, stage);
  if ((failure !== undefined) === step.isToFail) return;
  throw atLine(step, `${failure ?? 'did not fail'}\n${said(stage)}`);
}

async function outcomeOf(step: Step, stage: Stage): Promise<string | undefined> {
  try {
    const [name = '', ...words] = wordsOf(step.text, (variable) => stage.variable(variable));
    const command = COMMANDS[name];
    if (!command) throw new Error('is not a command of scenarios');
    return await command(stage, words);
  } catch (error) {
    throw atLine(step, String(error));
  }
}

function atLine({ line, text, isToFail }: Step, message: string): Error {
  return new Error(`line ${line}: ${isToFail ? '! ' : ''}${text}\n${message}`);
}

function said({ last }: Stage): string {
  return last ? `[status]\n${last.status}\n[stdout]\n${last.stdout}[stderr]\n${last.stderr}` : '';
}
