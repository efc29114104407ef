/** `BUCKET/KEY`, as paths of object stores are written. */
import { SopsError } from '../errors.js';

/** Throws `reference-malformed` where one of them is missing, or the bucket has what no bucket's name has. */
export function bucketAndKey(path: string, scheme: string): { bucket: string; key: string } {
  const slash = path.indexOf('/');
  const bucket = path.slice(0, Math.max(slash, 0));
  const key = path.slice(slash + 1);
  if (/^[\w.-]+$/.test(bucket) && /\w/.test(bucket) && key !== '') return { bucket, key };
  throw new SopsError(
    'reference-malformed',
    `${scheme}:// must be followed by a bucket and a key: ${scheme}://BUCKET/KEY`,
  );
}
