/** One call of the library: its surroundings made from the options, ended by the signal. */
import around, * as own from 'node:process';
import { giveConfig } from '../config/config.js';
import { SopsError } from '../errors.js';
import { endingPrograms } from '../exec/started-programs.js';
import { type GivenIdentities, giveIdentities } from '../keys/given-identities.js';
import type { KeyServiceChoice } from '../keyservice/services.js';
import { resolve } from '../util/files/paths.js';
import { watchExit } from '../util/files/temporaries.js';
import type { Host, Session } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { wordedFailure } from '../util/host/system-failure.js';
import { withDeadline } from '../util/waiting/deadline.js';
import { LONGEST_TIMER_MS } from '../util/waiting/timeout.js';
import { configOf } from './config.js';
import { leaving, worded } from './library-errors.js';
import { optionNames } from './options.js';
import { withPlugged } from './plugged-format.js';
import { usePlugins } from './plugins.js';
import type { Options, ReadOptions, Warning } from './types.js';
import { withAnswers } from './warning-listener.js';

/** Where the library is, unless the caller says otherwise. */
export const SURROUNDINGS = {
  env: () => ({ ...own.env }),
  /** The same, to be written to. */
  own: (): Record<string, string | undefined> => own.env,
  cwd: workingDirectory,
  platform: own.platform,
  warn({ message, code }: Warning): void {
    own.emitWarning(message, { type: 'SopsWarning', code });
  },
};

function workingDirectory(): string {
  try {
    return own.cwd();
  } catch (error) {
    throw wordedFailure(error);
  }
}

const WARNING_CODE = 'SOPS_TS_WARNING';

/** What a call works with. */
export interface Call {
  readonly host: Session;
  /** What every request of an operation has. */
  readonly request: {
    readonly configPath: string | undefined;
    readonly keyServices: KeyServiceChoice | undefined;
    readonly decryptionOrder: string | undefined;
  };
}

/** Does the work of a call in the surroundings that its options give. Throws `aborted` once the signal is. */
export function inCall<T>(options: Options & ReadOptions, work: (call: Call) => Promise<T>): Promise<T> {
  const { signal } = options;
  // Many calls may have one signal, which warns of many listeners: each call listens to a signal of its own.
  const own = signal ? { ...options, signal: AbortSignal.any([signal]) } : options;
  return untilAborted(own, () => withPlugged(own, async () => work(callOf(own))));
}

/** The result of some work, unless the signal is aborted first. Rejects with errors as the caller gets them: `aborted`, or what the work throws. */
export async function untilAborted<T>(options: Options, work: () => Promise<T>): Promise<T> {
  const { signal } = options;
  const whole = (): Promise<T> => withAnswers(options, work);
  try {
    if (!signal) return await whole();
    signal.throwIfAborted();
    return await keptAlive(() => withDeadline(Number.POSITIVE_INFINITY, signal, (stop) => endingPrograms(stop, whole)));
  } catch (error) {
    throw signal?.aborted ? aborted(signal) : leaving(error, options);
  }
}

/** Some work that keeps the process until it has ended: neither the timer of a signal nor what the caller plugs in need do so. */
async function keptAlive<T>(work: () => Promise<T>): Promise<T> {
  const alive = setInterval(() => undefined, LONGEST_TIMER_MS);
  try {
    return await work();
  } finally {
    clearInterval(alive);
  }
}

/** The surroundings of a call, without an end. */
export function callOf(options: Options & ReadOptions): Call {
  // A program may exit once its signal has ended a call, or another part of it has failed.
  watchExit(around);
  const env = options.env ? { ...options.env } : SURROUNDINGS.env();
  const cwd = options.cwd === undefined ? SURROUNDINGS.cwd() : resolve(options.cwd);
  const { identities, providers, config } = options;
  const bringsKeys = identities !== undefined || providers !== undefined;
  const host = sessionOf({ ...hostOf(options, env, cwd), bringsKeys, isEnvGiven: options.env !== undefined });
  if (identities) giveIdentities(identitiesOf(identities), host);
  if (config === false) giveConfig(null, host);
  else if (typeof config === 'object') giveConfig(configOf(config, cwd), host);
  const keyServices = usePlugins(options, host);
  const decryptionOrder = options.decryptionOrder?.join(',') ?? env.SOPS_DECRYPTION_ORDER;
  return {
    host,
    request: { configPath: typeof config === 'string' ? config : undefined, keyServices, decryptionOrder },
  };
}

function hostOf(options: Options, env: Host['env'], cwd: string): Host {
  const { askSecret, onWarning: warn = SURROUNDINGS.warn, audit, signal } = options;
  return {
    // An agent would ask by itself, where the caller wants to be asked.
    env: askSecret ? { ...env, GPG_AGENT_INFO: '' } : env,
    cwd,
    platform: SURROUNDINGS.platform,
    isUnattended: true,
    signal,
    ...(audit ? { audit } : {}),
    async askSecret(prompt) {
      if (!askSecret) throw new Error('nobody can be asked: give the option askSecret');
      const answer: unknown = await askSecret(prompt, signal ? { signal } : {});
      if (typeof answer !== 'string') throw new Error('the option askSecret gave no text');
      return answer;
    },
    warn: (message) => warn({ message: worded(message, optionNames(options)), code: WARNING_CODE }),
  };
}

function identitiesOf({
  age = [],
  ageFiles = [],
  pgp = [],
  only = false,
}: NonNullable<Options['identities']>): GivenIdentities {
  return { age: typeof age === 'string' ? [age] : age, ageFiles, pgp, only };
}

function aborted(signal: AbortSignal): SopsError {
  return new SopsError('aborted', 'the call was taken back by its signal', { cause: signal.reason });
}
