/** The configuration of the audit log (docs/audit-log.md): YAML with the databases that get the events. */
import { SopsError } from '../errors.js';
import { Decoder } from './decode.js';
import { readConfigDocument } from './document.js';

/**
 * The connection strings of `backends.postgres`, in order; unknown fields are ignored, as in SOPS. Throws `config`, without a word of
 * the text, since it holds passwords.
 */
export async function parseAuditConfig(text: string, path: string): Promise<string[]> {
  try {
    const document = readConfigDocument(text);
    const decoder = new Decoder(document);
    const backends = decoder.fields(decoder.fields(document.root, 'audit.config').get('backends'), 'audit.backends');
    const entries = decoder.list(backends.get('postgres'), 'audit.postgres') ?? [];
    const strings = entries.map((entry) =>
      decoder.string(decoder.fields(entry, 'audit.postgres').get('connection_string')),
    );
    decoder.finish();
    return strings;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('config', `error unmarshalling the audit configuration ${path}`, {
      hint: 'It should be YAML: backends: {postgres: [{connection_string: "postgres://…"}]}',
    });
  }
}
