/** Sealing merged plaintexts under the data key of the result. */
import { Cipher } from '../cipher/cipher.js';
import { IvMemory } from '../cipher/iv-memory.js';
import { MergedIvs } from '../cipher/merged-ivs.js';
import { SopsError } from '../errors.js';
import type { Metadata } from '../metadata/metadata.js';
import { scopeOf } from '../metadata/scope-of.js';
import { metadataToBranch } from '../metadata/to-branch.js';
import { sealText } from '../operations/write/seal-text.js';
import { sameTree } from '../tree/equality.js';
import type { Place } from '../tree/leaves.js';
import type { EncryptionScope } from '../tree/scope.js';
import { type Branch, isTimestamp, type LeafValue } from '../tree/tree.js';
import { walk } from '../tree/walk.js';
import type { KeyPlan } from './merge/metadata-merge.js';
import { readMerged } from './merge/plain-merge.js';
import type { OpenVersions } from './open-versions.js';

/** Seals merged plaintexts under the chosen data key. */
export class FileSealer {
  private constructor(
    private readonly versions: OpenVersions,
    private readonly plan: KeyPlan,
    private readonly metadata: Metadata,
    private readonly memory: MergedIvs,
    private readonly scope: Awaited<ReturnType<typeof scopeOf>>,
  ) {}

  static async make(versions: OpenVersions, plan: KeyPlan, metadata: Metadata): Promise<FileSealer> {
    const memories = [versions.ours, versions.theirs].flatMap(({ sealed }) => {
      const memory = sealed?.opened.dataKey === plan.dataKey ? sealed.opened.cipher.memory : null;
      return memory instanceof IvMemory ? [memory] : [];
    });
    const scope = await scopeOf(metadata.selection, 'encrypt');
    return new FileSealer(versions, plan, metadata, new MergedIvs(plan.dataKey.bytes, memories), scope);
  }

  /** The bytes of a file with a plaintext: those of a side that is the same, else new ones that were read back. Throws as `sealText` does. */
  async seal(text: string): Promise<Uint8Array> {
    for (const side of [this.versions.ours, this.versions.theirs]) {
      const isFile = side.sealed !== undefined && side.isWhole !== false;
      if (isFile && side.text === text && this.isAsBefore(side.sealed.opened)) return side.bytes;
    }
    this.checkHidden(text);
    const sides = [this.versions.ours, this.versions.theirs].flatMap(({ sealed }) => sealed ?? []);
    const [host, ...others] = sides;
    if (!host) throw new SopsError('metadata-invalid', 'neither side is encrypted');
    const { plan, memory, scope, metadata } = this;
    memory.restart();
    const cipher = new Cipher(plan.dataKey.bytes, memory);
    const opened = { ...host.opened, dataKey: plan.dataKey, cipher, scope, metadata };
    const { lastModified } = metadata;
    const { store: printer } = this.versions;
    const indent = { reprints: false, width: undefined };
    const sealing = { opened, before: host.before, after: text, printer, indent, metadata, lastModified, others };
    return (await sealText(sealing)).bytes;
  }

  /**
   * Where comments decide what is encrypted, one side may take a comment out and the other one change the value below it: a value that stands nowhere in plaintext
   * must not get there by a merge. Throws `conflict`.
   */
  private checkHidden(text: string): void {
    const { scope, versions } = this;
    if (!scope.rule.endsWith('_comment_regex')) return;
    const shown = new Set<string>();
    const hidden = new Set<string>();
    for (const { sealed, plain } of [versions.ours, versions.theirs]) {
      if (sealed && JSON.stringify(sealed.opened.metadata.selection) !== JSON.stringify(this.metadata.selection))
        return;
      walk(plain.documents, sealed?.opened.scope ?? NOTHING, {
        leaf: ({ value }, place) => void (place.selected ? hidden : shown).add(placed(place, value)),
      });
    }
    walk(readMerged(versions.store, text)?.documents ?? [], scope, {
      leaf({ value }, place) {
        const key = placed(place, value);
        if (place.selected || !hidden.has(key) || shown.has(key)) return;
        throw new SopsError(
          'conflict',
          'a value that one side encrypts would stand in plaintext, for the other side took the comment away that encrypts it',
          { path: place.path },
        );
      },
    });
  }

  /** Whether a side has the metadata of the result, but for what every writing makes anew. */
  private isAsBefore({ metadata, dataKey }: { metadata: Metadata; dataKey: unknown }): boolean {
    if (dataKey !== this.plan.dataKey) return false;
    const [before, after] = [metadata, this.metadata].map(comparable);
    return before !== undefined && after !== undefined && sameTree([before], [after]);
  }
}

/** Of a file that is not encrypted. */
const NOTHING: EncryptionScope = { rule: 'encrypted_regex', pattern: { test: () => false } };

function placed({ joinedPath }: Place, value: LeafValue): string {
  return `${joinedPath}${typeof value}${value !== null && isTimestamp(value) ? value.nanoseconds : value}`;
}

function comparable({ layout, ...metadata }: Metadata): Branch {
  return metadataToBranch({ ...metadata, mac: '', lastModified: '' });
}
