/** The configuration of a run: finds `.sops.yaml`, and hands out its typed form. */
import { dirname } from 'node:path';
import { isWithin } from '../util/files/files.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';
import { findConfig } from './find.js';
import type { Config } from './model.js';

export interface ConfigRequest {
  /** The path that `--config` names; without it `SOPS_CONFIG` counts, and without that the configuration is searched. */
  readonly configPath?: string | undefined;
  /** The file worked on, relative to the working directory or absolute; it need not exist. */
  readonly filePath?: string | undefined;
  /** Whether it is read whoever can write it, to be shown and not used. */
  readonly evenUnsafe?: boolean | undefined;
  readonly host: Session;
}

/**
 * Reads the configuration of a run, or returns null when none is named and none is found. Throws `config` when it cannot be
 * read or understood, and when it may be another's work; commands that need no rule may warn and go on.
 */
export async function loadConfig(request: ConfigRequest): Promise<Config | null> {
  const { configPath, filePath, evenUnsafe, host } = request;
  const given = givenConfig(host);
  if (given !== undefined) return given;
  const { answers } = holding(host);
  if (!answers) return readAnew(request);
  const folder = filePath === undefined ? undefined : dirname(resolve(host.cwd, filePath));
  const question = JSON.stringify([configPath, folder, evenUnsafe]);
  const answer = answers.get(question) ?? readAnew(request);
  answers.set(question, answer);
  return answer;
}

/**
 * Until the returned function is called, the configuration of each folder is searched for and read once, and counts for all files in it as
 * it was then: for many small files, reading it each time would take longer than the files themselves. Not for callers that write
 * configurations meanwhile.
 */
export function holdConfigs(host: Session): () => void {
  const held = holding(host);
  if (held.answers) return () => undefined;
  held.answers = new Map();
  return () => {
    held.answers = undefined;
  };
}

interface Holding {
  /** By question, while they are held. */
  answers: Map<string, Promise<Config | null>> | undefined;
}

function holding(host: Session): Holding {
  return host.once<Holding>(HELD, () => ({ answers: undefined }));
}

const HELD = Symbol('configurations that are held');

async function readAnew({ configPath, filePath, evenUnsafe, host }: ConfigRequest): Promise<Config | null> {
  const chosen = configPath || host.env.SOPS_CONFIG;
  const path = chosen || findConfig(host, filePath);
  if (path === null) return null;
  const absolute = resolve(host.cwd, path);
  // Most runs that only read a file have none.
  const { readConfig } = await import('./read.js');
  const isBeside = !chosen && !isWithin(host.cwd, dirname(absolute));
  const known = host.once(KNOWN, () => new Map<string, Config>());
  const question = JSON.stringify([absolute, path, isBeside, evenUnsafe]);
  const config = await readConfig({ absolute, path, isBeside, evenUnsafe }, host, known.get(question));
  known.set(question, config);
  return config;
}

/** Makes a configuration, or none at all (null), the one of a run, whatever lies about. It is the program's own, so it is trusted. */
export function giveConfig(config: Config | null, host: Session): void {
  host.once(GIVEN, () => ({ config }));
}

/** The configuration that the run was given; undefined where it is to be found. */
function givenConfig(host: Session): Config | null | undefined {
  return host.once<{ readonly config: Config | null } | undefined>(GIVEN, () => undefined)?.config;
}

const GIVEN = Symbol('the configuration that was given');

/** What this run has read; many files mostly share one configuration. */
const KNOWN = Symbol('configurations');
