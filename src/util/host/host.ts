/** What the library may ask of the program around it, so that nothing below the command line touches process or console. */

/**
 * What is noted: the first three about a file, `resolve` about a reference, two about what a store lends, the others about a key whose
 * wrapped data keys an agent keeps.
 */
export type AuditAction =
  | 'decrypt'
  | 'encrypt'
  | 'rotate'
  | 'resolve'
  | 'lease'
  | 'revoke-lease'
  | 'agent-decrypt'
  | 'agent-encrypt'
  | 'agent-keep'
  | 'agent-lock';

export interface AuditLog {
  /**
   * Notes an event. Called with the data key in hand, before a value is decrypted or encrypted (`rotate`: before the key is
   * recovered), or before a reference is read. `subject` is the absolute path of a file, a reference without its parameters, what a
   * lease is called, or a key in words; never a value. A rejection ends the command, and nothing is written or shown.
   */
  record(action: AuditAction, subject: string): Promise<void>;
}

/** A line of the log that `--verbose` shows, in SOPS's words where SOPS has one (docs/command-line.md#the-log). */
export interface LogEntry {
  /** The part of SOPS that says it, e.g. `AGE`. */
  readonly component: string;
  readonly level: 'debug' | 'info';
  readonly message: string;
  /** What it is about, in alphabetical order; no plaintext. */
  readonly fields?: Readonly<Record<string, string>>;
}

export type Log = (entry: LogEntry) => void;

/** Something that may take long. */
export interface Activity {
  /** What it is at now, in a few words without plaintext. */
  now(what: string): void;
  /** It is over. */
  end(): void;
}

/**
 * How something that takes long is told: by a line of the terminal that goes away again (`line`); by one that stays, with or without
 * a terminal, for programs that may use the terminal themselves (`note`); or by the first where there is a terminal, else the second (`both`).
 */
export type Telling = 'line' | 'note' | 'both';

/** The socket of a key agent (docs/agent.md). */
export interface AgentSocket {
  readonly socket: string;
  /** The effective user of the process, who must own it. */
  readonly userId: number;
}

/** The surroundings of one run. The command line makes one from `process`; tests and library users make their own. */
export interface Host {
  /** Environment variables; an empty one counts as unset unless a rule says otherwise. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /**
   * Whether the program was called as `sops`, by a link of that name or by `SOPS_TS_AS=sops`: where the two differ on
   * purpose, whoever calls it so expects what SOPS does, with a warning. Absent for no.
   */
  readonly calledAsSops?: boolean;
  /**
   * Asks the user for a secret on the terminal, without echo. Callers remember a good answer, and ask again a few times after
   * a wrong one. Rejects when there is no terminal, or the user gives up.
   */
  askSecret(prompt: string): Promise<string>;
  /**
   * Asks the user a question at the terminal that is answered by yes or no; it may have several lines. Undefined when there is no terminal, or the
   * question was taken back by the signal. Absent where nobody is ever to be asked.
   */
  confirm?(question: string, signal?: AbortSignal): Promise<boolean | undefined>;
  /** Where a key agent of the user's may answer; absent where none is to be asked. */
  readonly agent?: AgentSocket | undefined;
  /**
   * Whether nobody is there, so that other programs must not ask either: gpg-agent its pinentry, and what is waited for is a program alone. Absent
   * for no.
   */
  readonly isUnattended?: boolean;
  /** Whether the caller of the library gave keys or providers of its own (keys/given-identities.ts): what that needs is loaded then. */
  readonly bringsKeys?: boolean;
  /** Whether the caller of the library gave the environment, in place of the process's: what that does not name is nowhere. */
  readonly isEnvGiven?: boolean;
  /** Aborted when nobody wants the outcome any more: waiting ends, and nothing is written. Absent where that cannot be. */
  readonly signal?: AbortSignal | undefined;
  /** Where events are noted; absent when nobody keeps a log. */
  readonly audit?: AuditLog | undefined;
  /** Told what is done, step by step; absent when nobody looks. */
  readonly log?: Log | undefined;
  /** Told that something begins which may take long, in a few words without plaintext; `line` by default; absent when nobody looks. */
  begin?(what: string, telling?: Telling): Activity;
  /** Told how large an input is before work on it begins, and awaited. Absent where there is nothing to do. */
  prepareFor?(input: InputSize): Promise<void>;
  /** Told that what was made of an input is about to be written to a file; waited for. Absent where there is nothing to do. */
  beforeWriting?(): Promise<void>;
  /** Tells the user something that does not stop the run; one sentence, without plaintext. */
  warn(message: string): void;
}

/** How much work an input makes. */
export interface InputSize {
  readonly bytes: number;
  /** Of an encrypted file: each value has some hundred bytes more than in plaintext. */
  readonly isEncrypted: boolean;
  /** Whether a heap that is looked through more often takes much less memory with it. */
  readonly keepsHeapSmall: boolean;
}

/** What a host's members become in a copy; `undefined` takes one away. */
export type HostChanges = { readonly [Member in keyof Host]?: Host[Member] | undefined };

/**
 * A host with the memory of one run: clients of services, identities that were unlocked, parts that were opened, what was trusted and warned of.
 * `sessionOf` makes one; whoever has one hands on that one, so that a run of many files asks and logs in once.
 */
export interface Session extends Host {
  /**
   * What the run remembers under a key, which is one module's own and not handed out. Called by whoever remembers something, as
   * often as it is needed; `make` is called the first time alone. What it makes is kept as it is until the run ends, a promise that
   * is rejected as well; what it throws is thrown, and nothing is kept then. Null and undefined are kept like anything else.
   */
  once<Kept>(key: symbol, make: () => Kept): Kept;
  /** The same surroundings but for some changes, with nothing remembered. Neither learns what the other gets to know. */
  fork(changes?: HostChanges): Session;
  /** The same session, memory included, but that warnings go elsewhere: for one of many files that are worked on at a time. */
  warningTo(warn: (message: string) => void): Session;
}
