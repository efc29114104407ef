/** Shows a page in the user's browser. */
import { spawn } from 'node:child_process';
import type { Host } from '../util/host.js';
import { findProgram } from './find-program.js';
import { nativeCommand } from './native-command.js';

/** What a browser needs of the environment; the rest may be keys and tokens. */
const NEEDED =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TMPDIR|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|BROWSER|WSL\w*|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA|ProgramFiles(?:\(x86\))?|ComSpec|PATHEXT|TEMP|TMP)$/i;

/** The programs that open a page, with their words in front of it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Starts the browser of `BROWSER`, else the system's, and leaves it alone; whether there is one. The page must be of http or https. */
export async function openInBrowser(page: URL, host: Host): Promise<boolean> {
  if (page.protocol !== 'https:' && page.protocol !== 'http:') return false;
  const named = host.env.BROWSER?.split(host.platform === 'win32' ? ';' : ':')[0];
  const [name = '', ...words] = named ? [named] : (OPENERS[host.platform] ?? ['xdg-open']);
  const found = await findProgram(name, host);
  if (!found) return false;
  const kept = Object.entries(host.env).filter(([variable]) => NEEDED.test(variable));
  const { file, args, env } = nativeCommand({
    file: found,
    args: [...words, page.href],
    env: Object.fromEntries(kept),
  });
  try {
    const browser = spawn(file, args, { cwd: host.cwd, env, stdio: 'ignore', detached: true });
    browser.on('error', () => undefined);
    browser.unref();
    return true;
  } catch {
    // Node throws some of the system's reasons (ENOMEM), and tells others by an event.
    return false;
  }
}
