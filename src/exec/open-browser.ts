/** Shows a page in the user's browser. */
import { spawn } from 'node:child_process';
import type { Host } from '../util/host/host.js';
import { startedCall } from './batch-file.js';
import { findProgram } from './find-program.js';

/** What a browser needs of the environment; the rest may be keys and tokens. */
const NEEDED =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TMPDIR|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|BROWSER|WSL\w*|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramFiles(?:\(x86\))?|ComSpec|PATHEXT|TEMP|TMP)$/i;

/** The programs that open a page, with their words in front of it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Starts the first browser of `BROWSER` that is there, without that variable the system's, and leaves it alone; whether there is one. The page must be of http or https. */
export async function openInBrowser(page: URL, host: Host): Promise<boolean> {
  if (page.protocol !== 'https:' && page.protocol !== 'http:') return false;
  for (const [name = '', ...words] of candidates(host)) {
    const file = await findProgram(name, host);
    if (file) return start(file, [...words, page.href], host);
  }
  return false;
}

function candidates({ env, platform }: Host): (readonly string[])[] {
  const named = env.BROWSER?.split(platform === 'win32' ? ';' : ':').filter((name) => name !== '') ?? [];
  return named.length > 0 ? named.map((name) => [name]) : [OPENERS[platform] ?? ['xdg-open']];
}

function start(browserFile: string, words: readonly string[], { env: all, cwd, platform }: Host): boolean {
  const kept = Object.entries(all).filter(([variable]) => NEEDED.test(variable));
  const call = { file: browserFile, args: words, env: Object.fromEntries(kept) };
  const { file, args, env, windowsVerbatimArguments = false } = startedCall(call, platform);
  try {
    const browser = spawn(file, args, { cwd, env, windowsVerbatimArguments, stdio: 'ignore', detached: true });
    browser.on('error', () => undefined);
    browser.unref();
    return true;
  } catch {
    // Node throws some of the system's reasons (ENOMEM), and tells others by an event.
    return false;
  }
}
