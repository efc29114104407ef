/** A key with a stand-in of its service, and the ways in which using it can fail; what such stand-ins have in common. */
import { startDeafServer } from './deaf-server.js';
import { unusedPort } from './http-service.js';
import type { AnswerMode } from './provider-contract.js';

export type Variables = Readonly<Record<string, string>>;

export interface Failure {
  readonly name: string;
  /** Added to the variables with which the key can be used. */
  readonly env?: Variables;
  /** Takes the place of the key, in the file and on the command line. */
  readonly key?: string;
  /** What is changed in the encrypted file. */
  readonly edit?: (text: string) => string;
  /** Makes the service fail; the next failure finds it restored. */
  arrange?(): void;
  /** Only one of the two ways to use a key can fail so. */
  readonly only?: 'decrypt' | 'encrypt';
}

export interface Subject {
  readonly flag: string;
  readonly key: string;
  readonly env: Variables;
  /** No message may hold them. */
  readonly secrets: readonly string[];
  /** What differs from run to run, and how the fixture has it. */
  readonly names: readonly (readonly [string, string])[];
  readonly failures: readonly Failure[];
  restore(): void;
  close(): Promise<void>;
}

export interface Places {
  readonly refused: string;
  readonly deaf: string;
  readonly unknown: string;
  close(): Promise<void>;
}

/** A host where nobody answers, an address where nothing listens, and one that takes connections and says nothing. */
export async function nowhere(): Promise<Places> {
  const deaf = await startDeafServer();
  return {
    refused: `127.0.0.1:${await unusedPort()}`,
    deaf: `127.0.0.1:${deaf.port}`,
    unknown: 'host.invalid',
    close: () => deaf.close(),
  };
}

/** Makes a service answer in a mode. */
export function modeOf<Mode extends string = AnswerMode>(service: { mode: Mode }) {
  return (wanted: Mode) => () => {
    service.mode = wanted;
  };
}

export const gone = (variables: readonly string[]): Variables =>
  Object.fromEntries(variables.map((name) => [name, '']));
