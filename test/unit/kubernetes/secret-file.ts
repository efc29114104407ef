/** A Secret with values of all kinds, and its encrypted form. */
import type { Desk } from '../../support/desk.js';

export const CANARY = 'canary-77ab';
export const SECRET = `# top
apiVersion: v1
kind: Secret
metadata:
  name: db
data:
  user: YWRtaW4= # who
  bin: /wA=
  lines: bGluZTEKbGluZTIK
  wrapped: |
    YWJj
    ZGVm
  odd: "not base64"
stringData:
  pin: "${CANARY}"
`;
export const FINE = SECRET.replace('  odd: "not base64"\n', '');

/** The ciphertext of a manifest's values. */
export function sealSecret(desk: Desk, text: string, ...flags: readonly string[]): Promise<Buffer> {
  return desk.encrypt('x.yaml', text, '--encrypted-regex', '^(data|stringData)$', ...flags);
}
