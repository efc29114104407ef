/** Which files the start-up loader takes, and which of their variables it sets (docs/library.md#at-start-up). */
import { delimiter } from 'node:path';
import { SopsError } from '../errors.js';
import { openVariables } from '../operations/programs/variables.js';
import { statOrThrow } from '../util/files/files.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';
import { oneLine } from '../util/text/one-line.js';
import { type Call, SURROUNDINGS } from './call.js';
import { chosenFormat, lookingAt, usage } from './options.js';
import type { EnvOptions, EnvResult, ReadOptions } from './types.js';

/** Whoever may set them commands the program, or the loader. */
const REFUSED = /^(?:NODE_OPTIONS|BUN_OPTIONS|PATH|LD_.*|DYLD_.*|SOPS_.*)$/;
/** Bundlers put such into what browsers load. */
const PUBLIC = /^(?:NEXT_PUBLIC_|VITE_|REACT_APP_|PUBLIC_|NUXT_PUBLIC_|EXPO_PUBLIC_)/;

/** Opens the files and sets their variables. Throws `usage` when there is none, or more than one by convention. */
export async function loadedInto(options: ReadOptions & EnvOptions, { host, request }: Call): Promise<EnvResult> {
  const files = chosenFiles(options, host);
  const nothing = { files, set: [], kept: [], refused: [] };
  if (files.length === 0) return nothing;
  const { format, ignoreMac = false } = options;
  const flatten = options.flatten ?? isSwitchedOn(host.env.SOPS_FLATTEN);
  const choice = {
    flatten,
    prefix: '',
    only: [],
    rawValues: false,
    ownReading: true,
    inputType: chosenFormat(format),
    ignoreMac,
  };
  const { variables } = await openVariables({ ...request, ...choice, files }, host);
  checkTexts(variables);
  return { files, ...setInto(options.into ?? SURROUNDINGS.own(), variables, options, host) };
}

/** Throws `failed` for bytes that are not UTF-8: Node puts other ones into environments in their place. */
export function checkTexts(variables: ReadonlyMap<string, string>): void {
  for (const [name, value] of variables) {
    if (name.isWellFormed() && value.isWellFormed()) continue;
    throw new SopsError(
      'failed',
      `the variable ${oneLine(name)} has bytes that are not UTF-8, which Node.js cannot pass on`,
      {
        hint: 'sops-ts exec-env gives them to a program as they are; or put a text such as base64 in their place.',
      },
    );
  }
}

type Variables = Record<string, string | undefined>;

function setInto(
  into: Variables,
  variables: ReadonlyMap<string, string>,
  options: EnvOptions,
  { env, platform, warn }: Session,
): Omit<EnvResult, 'files'> {
  const overrides = options.override ?? isSwitchedOn(env.SOPS_OVERRIDE);
  const meant = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const allowed = new Set((options.allow ?? (env.SOPS_ALLOW ?? '').split(',')).map(meant));
  const [set, kept, refused]: string[][] = [[], [], []];
  for (const [name, value] of variables) {
    if (REFUSED.test(meant(name)) && !allowed.has(meant(name))) refused?.push(name);
    // Not what objects inherit, as process.env does `constructor`.
    else if (!overrides && lookingAt('option into', () => Object.hasOwn(into, name) && into[name] !== undefined))
      kept?.push(name);
    else {
      setVariable(into, name, value, options.into !== undefined);
      set?.push(name);
    }
  }
  const open = (set ?? []).filter((name) => PUBLIC.test(name));
  if (refused && refused.length > 0)
    warn(`not set, since they steer programs: ${refused.join(', ')} (SOPS_ALLOW lists those that are wanted)`);
  if (open.length > 0) warn(`${open.join(', ')}: bundlers put variables of such names into what browsers load`);
  return { set: set ?? [], kept: kept ?? [], refused: refused ?? [] };
}

/** Throws `usage` for one that the caller's object does not take, and `failed` for one that the environment of a process does not, such as one without a name. */
function setVariable(into: Variables, name: string, value: string, isGiven: boolean): void {
  if (takesVariable(into, name, value)) return;
  if (isGiven)
    throw usage(`the option into takes no variable ${oneLine(name)}: it is frozen, or refuses to be changed`);
  throw new SopsError('failed', `no variable can be called ${JSON.stringify(name)} in the environment of this process`);
}

/** An object of the caller's may throw, and have the value in what it says. */
function takesVariable(into: Variables, name: string, value: string): boolean {
  try {
    const isDefined = Reflect.defineProperty(into, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    return isDefined && into[name] === value;
  } catch {
    return false;
  }
}

/** The files to open. Throws `no-file` when there is none, and `usage` when more than one is there by convention. */
export function chosenFiles({ files, optional }: EnvOptions, host: Pick<Session, 'env' | 'cwd'>): string[] {
  const named = files ?? host.env.SOPS_FILE?.split(delimiter);
  const wanted = (typeof named === 'string' ? [named] : [...(named ?? [])]).filter((file) => file !== '');
  if (wanted.length > 0) return wanted;
  const { env } = host;
  const levels = [
    ...(env.NODE_ENV ? [[`.env.${env.NODE_ENV}.enc`]] : []),
    ['.env.enc'],
    ['secrets.enc.yaml', 'secrets.enc.json'],
  ];
  for (const level of levels) {
    const there = level.filter((name) => statOrThrow(resolve(host.cwd, name)) !== undefined);
    if (there.length > 1)
      throw new SopsError('usage', `${there.join(' and ')} are both there`, {
        hint: 'Name the one that is meant with SOPS_FILE.',
      });
    if (there.length === 1) return there;
  }
  if (optional ?? isSwitchedOn(env.SOPS_OPTIONAL)) return [];
  throw new SopsError(
    'no-file',
    `there is no encrypted file for the environment: looked for ${levels.flat().join(', ')} in ${host.cwd}`,
    {
      hint: 'Name one with SOPS_FILE, or go on without any with SOPS_OPTIONAL=1.',
    },
  );
}

/** Whether a variable says yes. */
export function isSwitchedOn(variable: string | undefined): boolean {
  return variable === '1' || variable === 'true';
}
