/** Calls of moto as AWS's JSON protocol has them, for what tests lay out in a store. */

const REGION = 'eu-central-1';

/** Sends `SERVICE.Operation` in the name of a region; throws for a refusal. */
export async function callMoto(
  url: string,
  target: string,
  body: Readonly<Record<string, unknown>>,
  region = REGION,
): Promise<Record<string, unknown>> {
  const [api = ''] = target.split('.', 1);
  const service = api === 'secretsmanager' ? api : api === 'AmazonSSM' ? 'ssm' : 'kms';
  const scope = `AKIAEXAMPLE/20260101/${region}/${service}/aws4_request`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': target,
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${target}: ${answer.status} ${text}`);
  return JSON.parse(text || '{}');
}

/** Sends a request to S3, and gives the version that was made of an object. */
export async function putToMoto(url: string, path: string, body: string | Uint8Array): Promise<string> {
  const answer = await fetch(`${url}/${path}`, {
    method: 'PUT',
    headers: {
      Authorization: `AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body,
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.headers.get('x-amz-version-id') ?? '';
}
