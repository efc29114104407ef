/** Telling whoever encrypts a file first that its format reads values differently from what people mean. */
import { SopsError } from '../../errors.js';
import { listOfSurprises, surprising } from '../../formats/leaf-surprises.js';
import type { SourceFile, Surprise } from '../../formats/store.js';
import type { Host } from '../../util/host/host.js';

/** Values that are read differently than meant, with the comments that hold the rest of them as they were. */
export interface Surprises {
  readonly found: readonly Surprise[];
  readonly rests: ReadonlyMap<Surprise, string>;
}

/** What is surprising in a plaintext file, found before it is encrypted. */
export function surprisesIn(file: SourceFile): Surprises {
  const found = file.surprises?.() ?? [];
  const rests = found.flatMap((one) =>
    typeof one.rest === 'object' && one.rest.text !== '' ? [[one, one.rest.text] as const] : [],
  );
  return { found, rests: new Map(rests) };
}

/**
 * Once the file is encrypted: warns of the values among them that are ciphertext now, and refuses (`document-invalid`) when
 * the rest of one stays in clear, unless SOPS's way is asked for.
 */
export function tellSurprises({ found, rests }: Surprises, name: string, asSops: boolean, host: Host): void {
  const sealed = found.filter(({ leaf }) => typeof leaf.value === 'string' && leaf.value.startsWith('ENC['));
  if (sealed.length === 0) return;
  const bare = sealed.filter((one) => one.rest === 'keys' || (one.rest && rests.get(one) === one.rest.text));
  if (bare.length > 0 && !asSops && !host.calledAsSops) {
    throw new SopsError('document-invalid', `a part of a value would stay in clear: ${listOfSurprises(bare)}`, {
      file: name,
      hint: 'Quote the value as its format has it, or take the marks out; --as-sops encrypts it as SOPS does.',
    });
  }
  host.warn(surprising(name, sealed));
}

/** What is said of a plaintext with something behind the end of its document, which is in no value; undefined for any other. */
export function strayTextNote({ text, strayText }: SourceFile): string | undefined {
  if (strayText === undefined) return undefined;
  const line = text.slice(0, strayText).split('\n').length;
  return `line ${line}: the document has ended; what follows is kept as text alone: no program finds values in it, and SOPS drops it`;
}
