/** Variables in the words of shells and of what loads environments: quoted so that every value comes out as it is. */
import { randomUUID } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { dotenvEnvironment } from '../../formats/dotenv-environment.js';
import { checkTaken } from './shell-names.js';

type Variables = ReadonlyMap<string, string>;

interface Form {
  /** Whether values may hold bytes that are not UTF-8. */
  readonly anyBytes: boolean;
  /** Throws `failed` for what the form cannot hold. */
  text(variables: Variables): string;
}

/** Within single quotes POSIX shells take every byte as it is, but the quote. */
const posix = (shell: 'bash' | 'zsh'): Form => ({
  anyBytes: true,
  text: (variables) =>
    lines(variables, (name, value) => {
      checkTaken(shell, name, value);
      return `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`;
    }),
});

/** By the words of `--shell`; that of GitHub is two texts. */
export const EXPORT_FORMS = {
  bash: posix('bash'),
  zsh: posix('zsh'),
  /** Within single quotes fish knows `\\` and `\'`. */
  fish: {
    anyBytes: true,
    text: (variables) =>
      lines(variables, (name, value) => {
        checkTaken('fish', name, value);
        return `set -gx ${name} '${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
      }),
  },
  powershell: {
    anyBytes: false,
    text: (variables) => lines(variables, (name, value) => `$env:${name} = ${powershellText(value)}`),
  },
  dotenv: { anyBytes: false, text: (variables) => lines(variables, dotenvLine) },
  json: {
    anyBytes: false,
    text: (variables) => {
      const entries = [...variables].map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
      return entries.length === 0 ? '{}\n' : `{\n${entries.join(',\n')}\n}\n`;
    },
  },
} as const satisfies Readonly<Record<string, Form>>;

export type ExportForm = keyof typeof EXPORT_FORMS | 'github';

/** In the order in which help names them. */
export const EXPORT_FORM_NAMES: readonly ExportForm[] = [...(Object.keys(EXPORT_FORMS) as ExportForm[]), 'github'];

function lines(variables: Variables, line: (name: string, value: string) => string): string {
  return [...variables].map(([name, value]) => `${line(checkedName(name), value)}\n`).join('');
}

/** What every shell takes for the name of a variable; anything else might be read as more than a name. */
function checkedName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new SopsError('failed', `${JSON.stringify(name)} cannot be the name of a variable`, {
    hint: 'Names have letters, digits and _ only, and no digit first. Rename the key, choose variables with --only, put something before the names with --prefix, or use --shell json.',
  });
}

/**
 * Printable ASCII in single quotes, everything else by its number: PowerShell reads what programs print line by line, in the encoding of
 * the console, and takes typographic quotes for quotes.
 */
function powershellText(value: string): string {
  const parts = value.match(/[ -~]+|[^ -~]/g) ?? [];
  const texts = parts.map((part) =>
    /^[ -~]/.test(part)
      ? `'${part.replaceAll("'", "''")}'`
      : `[char]0x${part.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const [first = "''", ...others] = texts;
  return others.length === 0 && first.startsWith("'") ? first : `-join @(${texts.join(',')})`;
}

/** The first way of quoting that reads back as the value, as Node's `--env-file` and the dotenv packages read it. */
function dotenvLine(name: string, value: string): string {
  const forms = [value, `'${value}'`, `"${value}"`, `\`${value}\``, `"${value.replaceAll('\n', String.raw`\n`)}"`];
  const found = forms
    .slice(/^[\w./:@%+,=-]*$/.test(value) ? 0 : 1)
    .map((form) => `${name}=${form}`)
    .find((line) => {
      // Followed by another, so that a quote that is not closed shows.
      const read = dotenvEnvironment(`${line}\nsops_ts_next='1'\n`);
      return read.size === 2 && read.get(name) === value;
    });
  if (found !== undefined) return found;
  throw new SopsError('failed', `the value of ${name} cannot be written as dotenv, which has no escapes`, {
    hint: 'It holds all kinds of quotes, or carriage returns. Use another form with --shell, or choose variables with --only.',
  });
}

/**
 * Workflow commands that make the runner hide every line of some values in what it logs
 * (docs.github.com: workflow commands, "Masking a value in a log"). It hides line by line.
 */
export function githubMasks(values: Iterable<string>): string {
  const hidden = new Set([...values].flatMap((value) => value.split(/[\r\n]+/)).filter((line) => line.trim() !== ''));
  return [...hidden].map((line) => `::add-mask::${line.replaceAll('%', '%25')}\n`).join('');
}

/** What the runner does not let a file set. */
const RESERVED = /^(?:GITHUB_|RUNNER_)|^NODE_OPTIONS$/i;

/** Variables as the file of `GITHUB_ENV` has them: each between two lines that no value can hold, since they are made at random. */
export function githubBlocks(variables: Variables): string {
  return lines(variables, (name, value) => {
    if (RESERVED.test(name)) {
      throw new SopsError('failed', `GitHub does not let a step set ${name}`, {
        hint: 'Rename the key, choose variables with --only, or put something before the names with --prefix.',
      });
    }
    const mark = `sops_ts_${randomUUID()}`;
    return `${name}<<${mark}\n${value}\n${mark}`;
  });
}
