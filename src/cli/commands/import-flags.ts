/** The flags that the import commands share. */
import { PROGRAM } from '../words/program-flags.js';
import { configFlag, generalFlags, keyServiceFlags, resultFlags, severalFlags } from './shared-flags.js';

export const importFlags = {
  output: PROGRAM.output,
  ...severalFlags,
  ...resultFlags,
  shamirThreshold: PROGRAM.shamirThreshold,
  ...keyServiceFlags,
  ...configFlag,
  ...generalFlags,
};
