/** The run: what one call of an operation works with, found and trusted once. */
import { loadConfig } from '../config/config.js';
import type { Config } from '../config/model.js';
import { noteFormats } from '../config/name-formats.js';
import { parseDecryptionOrder } from '../datakey/decryption-order.js';
import { SopsError } from '../errors.js';
import type { KeyService } from '../keyservice/keyservice.js';
import { type KeyServiceChoice, keyServicesOf } from '../keyservice/services.js';
import type { Host, HostChanges, Session } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { type AuditTrail, trailOf } from './audit-trail.js';
import { type Indent, indentOf, type Printing } from './indent.js';
import type { Input } from './input.js';
import { trustConfig } from './trust.js';

/** What a request says about its run. */
export interface RunRequest {
  /** The configuration that `--config` names; without it `SOPS_CONFIG` counts, and without that it is searched. */
  readonly configPath?: string | undefined;
  /** The file worked on, near which the configuration is looked for; undefined for the working directory alone. */
  readonly filePath?: string | undefined;
  readonly keyServices?: KeyServiceChoice | undefined;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
}

/** The host's session, with what the request and the configuration say. */
export interface Run extends Session {
  /** The configuration in force, trusted as far as the user trusts it; null for none. */
  readonly config: Config | null;
  /** Type identifiers: those that are tried first. */
  readonly decryptionOrder: readonly string[];
  /** Made when they are first asked for, which may warn. Throws `usage` for an unreadable `SOPS_TS_KEY_TIMEOUT`. */
  readonly keyServices: readonly KeyService[];
  /** The audit trail of an input, by the name it goes by. */
  trail(input: Input): AuditTrail;
  /** How a file is printed: `flag` is the indentation that the user asks for. */
  indent(flag: number | undefined, formats: Printing): Indent;
  /** The same run with an empty memory, but for whom its configuration names. */
  fork(changes?: HostChanges): Run;
}

/**
 * Finds the configuration and trusts it as far as the user does; no operation gets one in another way. The memory is the host's if
 * it is a session. Throws `decryption-order` for a type that is named twice, before it looks at the configuration, and `config` for one
 * that cannot be used, unless `onBroken` takes the error: then there is none.
 */
export async function openRun(request: RunRequest, host: Host, onBroken?: (error: SopsError) => void): Promise<Run> {
  const session = sessionOf(host);
  const { configPath, filePath } = request;
  const decryptionOrder = parseDecryptionOrder(request.decryptionOrder);
  const config = await loadConfig({ configPath, filePath, host: session }).catch((error: unknown) => {
    if (!onBroken || !(error instanceof SopsError)) throw error;
    onBroken(error);
    return null;
  });
  return runWith(config, { ...request, decryptionOrder }, session);
}

/** For reading: a broken configuration must not keep anybody from their secrets, so its errors become warnings. */
export async function openReadingRun(request: RunRequest, host: Host): Promise<Run> {
  return openRun(request, host, ({ message }) => host.warn(`the configuration is not used: ${message}`));
}

/** What a request says of its run, once read. */
interface RunChoices {
  readonly keyServices?: KeyServiceChoice | undefined;
  readonly decryptionOrder: readonly string[];
}

function runWith(config: Config | null, choices: RunChoices, session: Session): Run {
  trustConfig(config, session);
  noteFormats(config, session);
  let keyServices: readonly KeyService[] | undefined;
  return {
    ...session,
    config,
    decryptionOrder: choices.decryptionOrder,
    get keyServices() {
      keyServices ??= keyServicesOf(choices.keyServices, session);
      return keyServices;
    },
    trail: (input) => trailOf(input, session),
    indent: (flag, formats) => indentOf(flag, config, formats),
    fork: (changes) => runWith(config, choices, session.fork(changes)),
  };
}
