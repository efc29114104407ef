/** Loads the heavy packages of cloud services, which are optional: whoever uses none of them need not install them. */
import { type ErrorCode, SopsError } from '../errors.js';

/**
 * The module of an optional dependency, e.g. `@aws-sdk/client-kms`. The name reaches `import()` as a variable, so the bundle
 * leaves it where it is installed. Throws an error of the given code: with the command to install the package when it is
 * absent, with the reason when it is there but does not load.
 */
export async function importSdk<Module>(name: string, code: ErrorCode = 'key'): Promise<Module> {
  try {
    return (await import(name)) as Module;
  } catch (cause) {
    const packageName = packageOf(name);
    if (isAbsent(cause, packageName)) {
      throw new SopsError(code, `the package ${packageName} is not installed`, {
        hint: `Install it beside sops-ts: npm install ${packageName}`,
        cause: new AbsentPackage(packageName, cause),
      });
    }
    const reason = cause instanceof Error ? firstLine(cause.message) : String(cause);
    throw new SopsError(code, `the package ${packageName} cannot be loaded: ${reason}`, { cause });
  }
}

/** The cause of an error about a package that is not installed. */
class AbsentPackage extends Error {
  constructor(
    readonly packageName: string,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : `${packageName} is absent`, { cause });
  }
}

/** What a row of a registry says about the packages it needs. */
export interface PackageUser {
  /** How users call it, e.g. `AWS KMS`. */
  readonly title: string;
  readonly packages?: readonly string[];
}

/**
 * Does something for a row. Throws what that throws; but where a package of the row is not installed, the advice is to install all
 * that the row needs, with the row's name, so that nobody is sent to install one after the other.
 */
export async function withInstallAdvice<T>(
  { title, packages = [] }: PackageUser,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const absent = error instanceof SopsError && error.cause instanceof AbsentPackage ? error.cause.packageName : '';
    if (!(error instanceof SopsError) || !packages.includes(absent)) throw error;
    throw error.with(error.code, { hint: `${title} needs it; beside sops-ts: npm install ${packages.join(' ')}` });
  }
}

/** The package of a module name: `@aws-sdk/core/client` is in `@aws-sdk/core`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Whether this very package is missing, not one that it needs itself: Node and Bun name first what, then from where. */
function isAbsent(error: unknown, packageName: string): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const [what = ''] = code === 'ERR_MODULE_NOT_FOUND' ? (error as Error).message.split(/ (?:imported )?from /, 1) : [];
  return what.includes(packageName);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
