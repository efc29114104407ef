/** `ref+gcs://BUCKET/KEY`: objects of Google Cloud Storage. */
import { SopsError } from '../../errors.js';
import type { HttpResponse } from '../../services/http/request.js';
import { crc32c } from '../../util/text/crc32c.js';
import { encodeText } from '../../util/text/text.js';
import { type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { bucketAndKey } from '../bucket-path.js';
import { askGoogle, damagedOnTheWay, type GoogleService } from '../google-access.js';
import { yamlValues } from '../yaml-values.js';

const SERVICE: GoogleService = {
  title: 'Google Cloud Storage',
  name: 'storage',
  variable: 'CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE',
};

export const googleObject: BackendKind = {
  open(parameters, context) {
    const generation = parameterOf('generation', parameters, context);
    if (generation !== undefined && !/^\d{1,19}$/.test(generation)) {
      throw new SopsError('reference-malformed', 'generation is a number');
    }
    const text = (path: string): Promise<string> => read(path, generation, context);
    return { text, values: async (path) => yamlValues(await text(path), `the object ${path}`) };
  },
};

async function read(path: string, generation: string | undefined, context: ReferenceContext): Promise<string> {
  const { bucket, key } = bucketAndKey(path, 'gcs');
  const place = `gs://${bucket}/${key}`;
  const query = new URLSearchParams({ alt: 'media', ...(generation === undefined ? {} : { generation }) });
  const url = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}?${query}`;
  const answer = await askGoogle(SERVICE, { place, path: url }, context);
  if (isDamaged(answer)) throw damagedOnTheWay(place);
  return answer.body;
}

/** The checksum is that of what is stored: where that is compressed, it says nothing of what comes. */
function isDamaged({ headers, body }: HttpResponse): boolean {
  const stored = headers['x-goog-stored-content-encoding'];
  const said = /(?:^|[\s,])crc32c=([A-Za-z0-9+/]{6}==)/.exec(String(headers['x-goog-hash'] ?? ''))?.[1];
  if (said === undefined || (stored !== undefined && stored !== 'identity')) return false;
  return Buffer.from(said, 'base64').readUInt32BE() !== crc32c(encodeText(body));
}
