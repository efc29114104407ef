/** A stand-in for AWS KMS, for what is learnt from runs of the program while it is built. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Its ciphertext is the plaintext. */
const SERVER = `require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; }).on('end', () => {
    const { Plaintext, CiphertextBlob, KeyId } = JSON.parse(body);
    const other = Plaintext ? { CiphertextBlob: Plaintext } : { Plaintext: CiphertextBlob };
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ KeyId, ...other }));
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

/** A key that it has. */
export const KMS_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0';

/** Starts it. `env` has programs ask it. */
export async function startKms() {
  const service = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(service.stdout, 'data');
  const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: `http://127.0.0.1:${String(port).trim()}` };
  return { env, stop: () => service.kill() };
}
