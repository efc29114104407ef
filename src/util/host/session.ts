/** The memory of a run. */

import { withLargeDrive } from '../files/paths.js';
import { caseless } from './caseless-env.js';
import type { Host, HostChanges, Session } from './host.js';

/** The host itself when it has a memory, so that runs with one host share it; else one with an empty memory. Never throws. */
export function sessionOf(host: Host): Session {
  return isSession(host) ? host : newSession(host);
}

function isSession(host: Host): host is Session {
  return 'once' in host;
}

/** Member by member: a host may be an object of any class, and its working directory may be gone and is asked for when needed. */
function newSession(host: Host, memory = new Map<symbol, unknown>()): Session {
  const { confirm, begin, prepareFor, beforeWriting, calledAsSops, isUnattended, bringsKeys, isEnvGiven } = host;
  const session: Session = {
    get env() {
      return host.platform === 'win32' ? caseless(host.env) : host.env;
    },
    get cwd() {
      return host.platform === 'win32' ? withLargeDrive(host.cwd) : host.cwd;
    },
    platform: host.platform,
    audit: host.audit,
    signal: host.signal,
    agent: host.agent,
    log: host.log,
    ...(calledAsSops === undefined ? {} : { calledAsSops }),
    ...(isUnattended === undefined ? {} : { isUnattended }),
    ...(bringsKeys && { bringsKeys }),
    ...(isEnvGiven && { isEnvGiven }),
    askSecret: (prompt) => host.askSecret(prompt),
    ...(confirm && { confirm: (question, signal) => confirm.call(host, question, signal) }),
    ...(begin && { begin: (what, telling) => begin.call(host, what, telling) }),
    ...(prepareFor && { prepareFor: (input) => prepareFor.call(host, input) }),
    ...(beforeWriting && { beforeWriting: () => beforeWriting.call(host) }),
    warn: (message) => host.warn(message),
    once<Kept>(key: symbol, make: () => Kept): Kept {
      if (!memory.has(key)) memory.set(key, make());
      return memory.get(key) as Kept;
    },
    fork: (changes: HostChanges = {}) => newSession({ ...session, ...changes } as Host),
    warningTo: (warn) => newSession({ ...session, warn }, memory),
  };
  return session;
}
