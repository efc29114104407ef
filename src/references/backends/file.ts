/** `ref+file://…`: files as they are. */
import { SopsError } from '../../errors.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { decodeText } from '../../util/text/text.js';
import { type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { fileBelow, missing } from '../files-below.js';
import { yamlValues } from '../yaml-values.js';

export const file: BackendKind = {
  open(parameters, context) {
    const encode = parameterOf('encode', parameters, context) ?? 'raw';
    if (encode !== 'raw' && encode !== 'base64') {
      throw new SopsError('reference-malformed', 'encode is raw or base64');
    }
    return {
      async text(path) {
        const bytes = await read(path, context);
        return encode === 'base64' ? bytes.toString('base64') : decodeText(bytes);
      },
      values: async (path) => yamlValues(decodeText(await read(path, context)), 'the file'),
    };
  },
};

async function read(path: string, context: ReferenceContext): Promise<Buffer> {
  return readNamedFile(fileBelow(path, context), context.host).catch(missing);
}
