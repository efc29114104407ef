/** Stand-ins for AWS KMS and for GCP KMS over gRPC, for what is learnt from runs of the program while it is built. Their ciphertext is the plaintext. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const AWS_SERVER = `require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; }).on('end', () => {
    const { Plaintext, CiphertextBlob, KeyId } = JSON.parse(body);
    const other = Plaintext ? { CiphertextBlob: Plaintext } : { Plaintext: CiphertextBlob };
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify({ KeyId, ...other }));
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

/** Takes the second field of a request, and answers with it as the field where a client looks for it. All are shorter than 128 bytes. */
const GCP_SERVER = `const grpc = require('@grpc/grpc-js'); const { readFileSync } = require('node:fs');
const [certificate, key] = process.argv.slice(1).map((file) => readFileSync(file));
const answered = (field) => ({ request }, reply) => {
  const bytes = request.subarray(2 + request[1]).subarray(2);
  reply(null, Buffer.concat([Buffer.from([field << 3 | 2, bytes.length]), bytes]));
};
const asIs = (bytes) => bytes;
const codecs = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
const method = (name) => ({ path: '/google.cloud.kms.v1.KeyManagementService/' + name, requestStream: false, responseStream: false, ...codecs });
const server = new grpc.Server();
server.addService({ Encrypt: method('Encrypt'), Decrypt: method('Decrypt') }, { Encrypt: answered(2), Decrypt: answered(1) });
const credentials = grpc.ServerCredentials.createSsl(null, [{ cert_chain: certificate, private_key: key }]);
server.bindAsync('localhost:0', credentials, (error, port) => { if (error) throw error; console.log(port); });`;

/** A key that AWS KMS has, and one of GCP KMS. */
export const KMS_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0';
export const GCP_KEY = 'projects/p/locations/global/keyRings/r/cryptoKeys/k';

async function start(script, files, envAt) {
  const service = spawn(process.execPath, ['-e', script, ...files], { cwd: fileURLToPath(new URL('..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(service.stdout, 'data');
  return { env: envAt(String(port).trim()), stop: () => service.kill() };
}

/** Starts that of AWS. `env` has programs ask it. */
export function startKms() {
  return start(AWS_SERVER, [], (port) => ({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }));
}

/** Starts that of Google, whose certificate is the tests' own. */
export function startGcpKms() {
  const [certificate, key] = ['localhost.crt', 'localhost.key'].map((name) => fileURLToPath(new URL(`../fixtures/keys/tls/${name}`, import.meta.url)));
  const way = { SOPS_GCP_KMS_CLIENT_TYPE: 'grpc', GOOGLE_OAUTH_ACCESS_TOKEN: 'a', SSL_CERT_FILE: certificate };
  return start(GCP_SERVER, [certificate, key], (port) => ({ ...way, SOPS_GCP_KMS_ENDPOINT: `localhost:${port}` }));
}
