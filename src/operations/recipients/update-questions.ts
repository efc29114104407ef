/** What `updatekeys` says and asks of a file. */
import type { NameOf } from '../../config/recipient-names.js';
import type { SopsError } from '../../errors.js';
import type { KeyChange } from '../key-changes.js';
import type { SelectionChange } from './reselection.js';

/** What happens to a file, told as it happens, and the question that may stop it. `file` is an absolute path. */
export interface UpdateKeysTalk {
  /**
   * False where `confirm` asks nobody: several files are then worked on at a time. What is said of each stands together, in the order of
   * the files, either way.
   */
  readonly asks?: boolean;
  started(file: string): void;
  /** What would change, and what recipients are called. Called when something would. */
  showChange(change: FileChange, nameOf: NameOf): Promise<void>;
  /** Whether to go on with what was shown. Rejects when nobody answers. */
  confirm(): Promise<boolean>;
  finished(file: string, result: UpdateResult, change: FileChange): void;
  /** A file that failed, where others follow or came before. */
  failed(error: SopsError): void;
  warn(message: string): void;
}

/** What changes in a file; the selection and the order of its recipients only where they are asked for and are others. */
export interface FileChange extends KeyChange {
  readonly selection?: SelectionChange;
  readonly reordered?: true;
}

/**
 * What came of a file. `rekeyed`: a new data key, every value encrypted anew; `rewrapped`: the same data key, the values
 * untouched; `reselected`: the same data key, other values encrypted; `outdated`: it would change, but was only checked.
 */
export type UpdateResult = 'up-to-date' | 'unchanged' | 'outdated' | 'rewrapped' | 'reselected' | 'rekeyed';

/** What was said, kept until the turn of its file: plain data, as another process may have done the work. */
export type UpdateTold =
  | { readonly tells: 'started'; readonly file: string }
  | { readonly tells: 'change'; readonly change: FileChange; readonly names: readonly (readonly [string, string])[] }
  | { readonly tells: 'finished'; readonly file: string; readonly result: UpdateResult; readonly change: FileChange }
  | { readonly tells: 'warning'; readonly message: string };

/** A talk that notes what would be said; its questions go to the given one. */
export function notingTalk(told: UpdateTold[], talk: Pick<UpdateKeysTalk, 'confirm'>): UpdateKeysTalk {
  return {
    started: (file) => void told.push({ tells: 'started', file }),
    showChange: async (change, nameOf) =>
      void told.push({ tells: 'change', change, names: namesWithin(change, nameOf) }),
    confirm: () => talk.confirm(),
    finished: (file, result, change) => void told.push({ tells: 'finished', file, result, change }),
    failed: () => undefined,
    warn: (message) => void told.push({ tells: 'warning', message }),
  };
}

/** Says what was noted. */
export async function tellNoted(told: readonly UpdateTold[], talk: UpdateKeysTalk): Promise<void> {
  for (const one of told) {
    if (one.tells === 'started') talk.started(one.file);
    else if (one.tells === 'warning') talk.warn(one.message);
    else if (one.tells === 'finished') talk.finished(one.file, one.result, one.change);
    else {
      const names = new Map(one.names);
      await talk.showChange(one.change, (key) => names.get(key));
    }
  }
}

function namesWithin({ groups }: FileChange, nameOf: NameOf): [string, string][] {
  const keys = new Set(groups.flatMap(({ kept, added, removed }) => [...kept, ...added, ...removed]));
  return [...keys].flatMap((key) => {
    const name = nameOf(key);
    return name === undefined ? [] : [[key, name]];
  });
}
