/** What the AWS back ends make of a service that refuses, is overtaxed, or answers what it should not. */
import { afterAll, afterEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';
import { HttpService, type Reply } from '../keys/http-service.js';

const test = sampledTest(2);

const desk = new Desk();
const services: HttpService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});
afterAll(() => desk.remove());

async function ask(text: string, ...replies: Reply[]) {
  const last = replies.at(-1) as Reply;
  const service = await HttpService.start(() => replies.shift() ?? last);
  services.push(service);
  const env = {
    AWS_ENDPOINT_URL: service.url,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-user',
    AWS_REGION: 'eu-central-1',
  };
  return { ran: await desk.run(['refs', 'get', text], { env }), received: service.received };
}

function refusal(type: string, status = 400, headers: Record<string, string> = {}): Reply {
  const body = JSON.stringify({ __type: type, message: 'the words of the service' });
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1', ...headers }, body };
}

const found = (body: object): Reply => ({
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify(body),
});

describe('a refusal is told as what it is', () => {
  test.each([
    ['awssecrets://app/a', refusal('AccessDeniedException'), 77],
    ['awssecrets://app/a', refusal('ExpiredTokenException'), 77],
    ['awssecrets://app/a', refusal('DecryptionFailure'), 77],
    ['awssecrets://app/a', refusal('ResourceNotFoundException'), 66],
    ['awssecrets://app/a', refusal('ValidationException'), 65],
    ['awsssm://app/a', refusal('AccessDeniedException'), 77],
    ['awsssm://app/a', refusal('ParameterNotFound'), 66],
    ['awsssm://app/a#/k', refusal('AccessDeniedException'), 77],
    ['awskms://AAAA', refusal('AccessDeniedException'), 77],
    ['awskms://AAAA', refusal('NotFoundException'), 66],
    [
      's3://bucket/key',
      { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' },
      77,
    ],
  ])('%s: %j', async (address, reply, status) => {
    const { ran } = await ask(`ref+${address}`, reply);
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(address.replace(/#.*|AAAA/, ''));
    expect(ran.stderr).not.toContain('secret-of-the-user');
  });
});

describe('a service that gets too many', () => {
  test('is asked again', async () => {
    const { ran, received } = await ask(
      'ref+awsssm://app/a',
      refusal('ThrottlingException'),
      found({ Parameter: { Value: 'v' } }),
    );
    expect([ran.status, ran.stdout.toString()]).toEqual([0, 'v']);
    expect(received).toHaveLength(2);
  });

  test('is said to be out of reach when it stays so', async () => {
    const { ran, received } = await ask('ref+awsssm://app/a', refusal('ThrottlingException'));
    expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
    expect(received.length).toBeGreaterThan(1);
  });
});

test('an answer that cannot be understood is not quoted', async () => {
  const { ran } = await ask('ref+awssecrets://app/a', { body: '{"SecretString": "half of a sec' });
  expect([ran.status === 0, ran.stdout.toString()]).toEqual([false, '']);
  expect(ran.stderr).not.toContain('half of a sec');
});
