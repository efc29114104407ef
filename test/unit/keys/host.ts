/** A host for tests: nothing of the machine's own surroundings gets in. */
import { tmpdir } from 'node:os';
import type { Session } from '../../../src/util/host/host.js';
import { sessionOf } from '../../../src/util/host/session.js';

export interface TestHost extends Session {
  /** Prompts asked, in order. */
  readonly asked: string[];
  readonly warned: string[];
}

export interface HostParts {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly platform?: NodeJS.Platform;
  /** What the user types; absent: there is no terminal. */
  readonly answer?: (prompt: string) => string;
}

export function hostOf(parts: HostParts = {}): TestHost {
  const asked: string[] = [];
  const warned: string[] = [];
  const session = sessionOf({
    // A home that does not exist, and no agent: what is on the machine must not decide a test.
    env: { HOME: '/nonexistent', GPG_AGENT_INFO: '/nonexistent/agent', ...parts.env },
    cwd: parts.cwd ?? tmpdir(),
    platform: parts.platform ?? 'linux',
    async askSecret(prompt) {
      asked.push(prompt);
      if (parts.answer === undefined) throw new Error('there is no terminal to ask on');
      return parts.answer(prompt);
    },
    warn: (message) => void warned.push(message),
  });
  return { ...session, asked, warned };
}
