/** `spec.template.data`: the texts that the controller renders with the values of the SealedSecret. */
import { SopsError } from '../../errors.js';
import { oneLine } from '../../util/text/one-line.js';
import { type SealedSecret, textsAt } from './sealed-secret.js';

const MOST_NAMED = 8;

/**
 * The rendered texts by key. Each sees the sealed values alone, as in the controller. Rejects with `document-invalid`, naming
 * every key whose text cannot be rendered: a Secret without them would be silently incomplete.
 */
export async function renderTemplates(
  sealed: SealedSecret,
  values: ReadonlyMap<string, Uint8Array>,
): Promise<Map<string, Uint8Array>> {
  const rendered = new Map<string, Uint8Array>();
  const failed: string[] = [];
  for (const [key, text] of textsAt(sealed.manifest.root, 'spec', 'template', 'data')) {
    try {
      rendered.set(key, text.includes('{{') ? await render(text, values) : Buffer.from(text));
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      failed.push(`${oneLine(key)} (${error.message})`);
    }
  }
  if (failed.length > 0) throw notRendered(sealed, failed);
  return rendered;
}

async function render(text: string, values: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const { renderGoTemplate } = await import('../go-template/render.js');
  return renderGoTemplate(text, values);
}

function notRendered({ described, manifest }: SealedSecret, failed: readonly string[]): SopsError {
  const { file } = manifest.origin;
  const named =
    failed.slice(0, MOST_NAMED).join(', ') +
    (failed.length > MOST_NAMED ? `, and ${failed.length - MOST_NAMED} more` : '');
  return new SopsError('document-invalid', `${described}: spec.template.data cannot be rendered: ${named}`, {
    ...(file === undefined ? {} : { file }),
    hint: 'Take those keys out of spec.template.data, or take the Secret that the controller has made: kubectl get secret -o yaml.',
  });
}
