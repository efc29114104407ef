/** Variables: those of a file for a program that is to be started, and those of files for this program itself. */
import { openVariables } from '../operations/programs/variables.js';
import { sessionOf } from '../util/host/session.js';
import { inCall } from './call.js';
import { checkTexts, loadedInto } from './env-files.js';
import { checkedOptions, checkedPath, checkFormat, chosenFormat, LOADING, VARIABLES } from './options.js';
import type { EnvChoice, EnvOptions, EnvResult, ReadOptions } from './types.js';

/** The variables that a file gives, for `child_process.spawn({ env })`. */
export async function execEnv(path: string | URL, o?: ReadOptions & EnvChoice): Promise<Record<string, string>> {
  const options = checkedOptions('execEnv', o, VARIABLES);
  const file = checkedPath('execEnv', path);
  if (options.format !== undefined) checkFormat('execEnv', options.format, options);
  return inCall(options, async ({ host, request }) => {
    const { format, ignoreMac = false, flatten = false, prefix = '', only = [], rawValues = false } = options;
    const choice = {
      flatten,
      prefix,
      only,
      rawValues,
      ownReading: !rawValues,
      inputType: chosenFormat(format),
      ignoreMac,
    };
    const { variables } = await openVariables({ ...request, ...choice, files: [file] }, sessionOf(host));
    checkTexts(variables);
    return ownRecord(variables);
  });
}

/** A variable may be called anything, `__proto__` too. */
export function ownRecord(variables: ReadonlyMap<string, string>): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of variables)
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
  return record;
}

/**
 * Puts the variables of encrypted files into `process.env`, or into another object; what is set stays. The same as `node --import
 * sops-ts/env`, for programs that choose the moment themselves.
 */
export async function loadEnv(o?: ReadOptions & EnvOptions): Promise<EnvResult> {
  const options = checkedOptions('loadEnv', o, LOADING);
  if (options.format !== undefined) checkFormat('loadEnv', options.format, options);
  return inCall(options, (call) => loadedInto(options, call));
}
