/** The contract of programs that look after git's hooks: what `git install` has to know of each. */
import type { Document } from 'yaml';
import type { HookName } from '../hook-lines.js';
import type { Gap, Yaml } from './gap.js';

export interface HookManagerRow {
  /** As its users call it. */
  readonly name: string;
  /**
   * Where it keeps the hooks of a work tree: the file of its settings, or its folder of scripts; null where that is not there yet, or is
   * the folder where git looks; undefined where it does not look after them. Called once a run, row by row until one answers.
   */
  find(tree: HookedTree): string | null | undefined;
  readonly hooks: HookScripts | HookEntries;
}

/** A work tree whose hooks somebody may look after. */
export interface HookedTree {
  /** The top of the work tree. */
  readonly top: string;
  /** Where git looks for hooks, absolute. */
  readonly folder: string;
}

/** Hooks are scripts, a file for each, into which lines of a shell are put. */
export interface HookScripts {
  readonly are: 'scripts';
  /** How to have git run them, where it does not start them itself; then they are shell without a first line that says so. */
  readonly activation?: string;
}

/** Hooks are entries in one file of settings, in YAML. */
export interface HookEntries {
  readonly are: 'entries';
  /** How to have git run them once they are in the file. */
  readonly activation: string;
  /** All lines of our entries, for whoever puts them into the file. */
  lines(): string[];
  /** Where our entries go in a text, and how they are written there; null for what cannot be put in without changing something else. */
  gaps(document: Document, text: string, yaml: Yaml): (Gap | null)[];
  /** Whether an item of a list is an entry of ours. */
  isOurs(item: unknown): boolean;
  /** Whether a line of the settings says that something is run at a hook. */
  isFor(line: string, hook: HookName): boolean;
}

/** The name of our entries, or the beginning of it. */
export const ENTRY_NAME = 'sops-ts';
