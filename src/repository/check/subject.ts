/** What a check looks at: files of the work tree, the index or a commit, in one form. */
import type { SopsError } from '../../errors.js';
import type { Content } from '../contents.js';

interface SubjectPlace {
  /** From the top of the repository, with `/`; outside of one from the working directory. */
  readonly path: string;
  /** From the working directory. */
  readonly shown: string;
  /** Where it stands in the work tree, or would. */
  readonly absolute: string;
  /** The commit that it is of, shortened; absent for the work tree and the index. */
  readonly commit?: string | undefined;
}

/** A file to look at. */
export interface FileSubject extends SubjectPlace {
  readonly kind: 'file';
  readonly bytes: Buffer;
  /** Whether a sparse checkout leaves it out of the work tree, so that nothing can be done about it there. */
  readonly isLeftOut?: boolean;
  /** What it held before a commit, as far as that may be encrypted; absent where it is not known, or did not change. */
  readonly before?: readonly Buffer[];
  /** Whether a commit adds it. */
  readonly isNew?: boolean;
}

/** A symbolic link: git holds where it leads as its content, and what stands there is another file, or nobody's business. */
export interface LinkSubject extends SubjectPlace {
  readonly kind: 'link';
  readonly bytes: Buffer;
}

/** A file of the work tree that is too large to be read at once. */
export interface HugeSubject extends SubjectPlace {
  readonly kind: 'huge';
  readonly size: number;
  readonly sample: Extract<Content, { kind: 'huge' }>['sample'];
}

/** A file whose content is not here: that is told, never passed. */
export interface UnseenSubject extends SubjectPlace {
  readonly kind: 'unseen';
  readonly reason: string;
  readonly next: string;
}

/** What could not be read though it should be there. */
export interface FailedSubject {
  readonly kind: 'failed';
  readonly error: SopsError;
}

/** Something beside files that is not entered, as users see it. */
export interface SkippedSubject {
  readonly kind: 'passed-over';
  readonly shown: string;
}

export type Subject = FileSubject | LinkSubject | HugeSubject | UnseenSubject | FailedSubject | SkippedSubject;

/** Where subjects come from. */
export interface SubjectSource {
  /** Each once, in order of their paths. They come many at a time, read one by one: of thousands waiting for each costs as much as reading it. */
  subjects(): AsyncIterable<Iterable<Subject>>;
  /** All files that there are, where `subjects` are only some of them. */
  all?(): AsyncIterable<Iterable<Subject>>;
}

/** Subjects that have to be waited for one by one. */
export async function* singly(subjects: AsyncIterable<Subject>): AsyncGenerator<Iterable<Subject>> {
  for await (const subject of subjects) yield [subject];
}
