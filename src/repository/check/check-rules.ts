/** What `check` can find: one row for each kind, with its stable id (docs/check.md#what-is-found). */

/** `error`: a secret is readable, or nobody can rely on the file; `warning`: somebody has to look. Both count. */
export type Severity = 'error' | 'warning';

/** One kind of finding. */
export interface CheckRule {
  readonly severity: Severity;
  /** What is wrong, in a few words: the title of a finding. */
  readonly title: string;
  /** Why that matters, in a sentence or two. */
  readonly reason: string;
}

/** By id. Ids are part of what baselines and other programs remember: they never change their meaning. */
export const CHECK_RULES = {
  'not-encrypted': {
    severity: 'error',
    title: 'a file that a creation rule is for is not encrypted',
    reason: 'A creation rule of .sops.yaml names its path, and the selection of that rule has values of it encrypted.',
  },
  'no-longer-encrypted': {
    severity: 'error',
    title: 'a file that was encrypted is readable',
    reason: 'What it held encrypted before this commit stands in it in plaintext, whatever the rules say now.',
  },
  'decrypted-copy': {
    severity: 'error',
    title: 'an encrypted file in plaintext under another name',
    reason:
      'It has the same values as an encrypted file in its folder, or one that its commit takes away, each as long as its ciphertext says.',
  },
  'plain-value': {
    severity: 'error',
    title: 'a value is readable that should be encrypted',
    reason: 'The selection in force encrypts this value, and it stands in the file in plaintext.',
  },
  'plain-comment': {
    severity: 'warning',
    title: 'a comment is readable that should be encrypted',
    reason: 'Comments are encrypted with the values around them; one that was added by hand stays as it is.',
  },
  'nothing-encrypted': {
    severity: 'error',
    title: 'an encrypted file in which nothing is encrypted',
    reason: 'The selection of the file matches none of its keys, so that all of its values are readable.',
  },
  'rule-selects-nothing': {
    severity: 'error',
    title: 'a creation rule encrypts nothing of any file that it is for',
    reason: 'Its selection matches no key of any file: mostly the expression is misspelt.',
  },
  'recipients-differ': {
    severity: 'error',
    title: 'recipients other than those of the creation rule',
    reason: 'Somebody who should not can read the file, or somebody who should cannot.',
  },
  'recipients-reordered': {
    severity: 'warning',
    title: 'the recipients of the creation rule in another order',
    reason: 'Keys are tried in the order of the file, which is not the one that the rule asks for.',
  },
  'data-key-outlived': {
    severity: 'error',
    title: 'a data key that a removed recipient still has',
    reason: 'It is older than the last removal of a recipient: whoever was removed reads what is encrypted under it.',
  },
  'threshold-differs': {
    severity: 'error',
    title: 'another Shamir threshold than that of the creation rule',
    reason: 'The number of key groups that open the file is not the one that the rule asks for.',
  },
  'selection-differs': {
    severity: 'error',
    title: 'another selection than that of the creation rule',
    reason: 'The file says itself which of its values are encrypted, and says it differently than the rule.',
  },
  'mac-only-encrypted-differs': {
    severity: 'warning',
    title: 'another mac_only_encrypted than that of the creation rule',
    reason: 'Whether readable values are protected against changes is not what the rule says.',
  },
  'malformed-value': {
    severity: 'error',
    title: 'a ciphertext that cannot be read',
    reason: 'It was cut off or changed: nobody can decrypt it, nor the file.',
  },
  'malformed-metadata': {
    severity: 'error',
    title: 'metadata that cannot be read',
    reason: 'Without its metadata nobody can decrypt the file.',
  },
  'missing-metadata': {
    severity: 'error',
    title: 'encrypted values without metadata',
    reason: 'The file holds ciphertexts and nothing that says who can open them: its metadata was cut off.',
  },
  'unrecognised-metadata': {
    severity: 'warning',
    title: 'metadata that other programs do not recognise',
    reason: 'Programs such as Flux and Argo CD look for a certain text before they decrypt.',
  },
  'readers-disagree': {
    severity: 'warning',
    title: 'two readers of YAML see different values',
    reason: 'What is a value to one program is something else to another, so that one of them may see a secret.',
  },
  'conflict-markers': {
    severity: 'error',
    title: 'an unfinished merge',
    reason: 'Neither sops nor sops-ts reads a file with the marks of git in it.',
  },
  'no-creation-rule': {
    severity: 'error',
    title: 'an encrypted file that no creation rule is for',
    reason: 'Nothing says who is to read it, and updatekeys cannot keep it up to date.',
  },
  'value-outside-selection': {
    severity: 'warning',
    title: 'a ciphertext that is never decrypted',
    reason: 'The selection leaves this value as it is, so that programs are given the ciphertext.',
  },
  'dotenv-trap': {
    severity: 'warning',
    title: 'a line of dotenv that SOPS reads differently',
    reason: 'SOPS knows neither quotes nor comments after values nor export: they become part of the value or name.',
  },
  'dotenv-as-binary': {
    severity: 'warning',
    title: 'a dotenv file that is encrypted in one piece',
    reason: 'SOPS goes by the end of the name; exec-env and other programs find no variables in it.',
  },
  'tracked-lock': {
    severity: 'warning',
    title: 'a lock of sops-ts among the tracked files',
    reason: 'Locks last no longer than a write; a tracked one makes others wait.',
  },
  'mac-mismatch': {
    severity: 'error',
    title: 'the file was changed after it was encrypted',
    reason: 'Its MAC does not fit its values.',
  },
  'not-decryptable': {
    severity: 'error',
    title: 'a value does not decrypt',
    reason: 'The ciphertext was changed or moved, or belongs to another data key.',
  },
  'not-looked-at': {
    severity: 'error',
    title: 'content that could not be looked at',
    reason: 'What was not looked at was not checked.',
  },
  'age-key': {
    severity: 'error',
    title: 'an age identity',
    reason: 'Whoever reads it can decrypt what is encrypted for its recipient.',
  },
  'age-plugin-identity': {
    severity: 'warning',
    title: 'an identity of an age plug-in',
    reason: 'Mostly it only points to a key on a device; some plug-ins put the key itself into it.',
  },
  'private-key': {
    severity: 'error',
    title: 'a private key',
    reason: 'Whoever reads it can sign or decrypt in its name.',
  },
  'protected-private-key': {
    severity: 'warning',
    title: 'a private key with a passphrase',
    reason: 'Its passphrase can be guessed at leisure.',
  },
  'pgp-private-key': {
    severity: 'error',
    title: 'a private key of PGP',
    reason: 'Whoever reads it can decrypt and sign in its name, if it has no passphrase or a weak one.',
  },
  'aws-access-key-id': {
    severity: 'warning',
    title: 'the id of an AWS access key',
    reason: 'It is no secret by itself, and mostly stands next to one.',
  },
  'aws-secret-access-key': {
    severity: 'error',
    title: 'an AWS secret access key',
    reason: 'With its id it acts in the name of its owner.',
  },
  'gcp-service-account': {
    severity: 'error',
    title: 'the key of a Google Cloud service account',
    reason: 'It acts in the name of the account.',
  },
  'gcp-api-key': { severity: 'error', title: 'an API key of Google', reason: 'It is billed to its owner.' },
  'azure-client-secret': {
    severity: 'error',
    title: 'a client secret of Microsoft Entra',
    reason: 'It signs in as the application.',
  },
  'azure-storage-key': {
    severity: 'error',
    title: 'the key of an Azure storage account',
    reason: 'It opens all of the account.',
  },
  'azure-sas': {
    severity: 'error',
    title: 'a shared access signature of Azure',
    reason: 'The address with it opens what it was made for, to anybody.',
  },
  'vault-token': {
    severity: 'error',
    title: 'a token of Vault or OpenBao',
    reason: 'It reads and writes what its policies allow.',
  },
  'github-token': {
    severity: 'error',
    title: 'a token of GitHub',
    reason: 'It acts in the name of its owner.',
  },
  'gitlab-token': { severity: 'error', title: 'a token of GitLab', reason: 'It acts in the name of its owner.' },
  'slack-token': { severity: 'error', title: 'a token of Slack', reason: 'It reads and writes messages.' },
  'slack-webhook': {
    severity: 'error',
    title: 'a webhook address of Slack',
    reason: 'Anybody who knows it can write to the channel.',
  },
  'npm-token': { severity: 'error', title: 'a token of npm', reason: 'It publishes packages.' },
  'stripe-key': { severity: 'error', title: 'a live key of Stripe', reason: 'It moves money.' },
  'sendgrid-key': { severity: 'error', title: 'an API key of SendGrid', reason: 'It sends mail for its owner.' },
  jwt: {
    severity: 'warning',
    title: 'a JSON web token',
    reason: 'Until it expires it may act in the name of its subject.',
  },
  'dotenvx-key': {
    severity: 'error',
    title: 'a private key of dotenvx',
    reason: 'It decrypts the files that dotenvx encrypted.',
  },
  'sealed-secrets-key': {
    severity: 'error',
    title: 'the private key of a Sealed Secrets controller',
    reason: 'It opens every SealedSecret of the cluster.',
  },
  'password-in-url': {
    severity: 'error',
    title: 'a password in an address',
    reason: 'Whoever reads the address can use it.',
  },
  'high-entropy-value': {
    severity: 'warning',
    title: 'a value that looks like a secret',
    reason: 'It is as random as keys and tokens are, and no creation rule is for the file.',
  },
} as const satisfies Readonly<Record<string, CheckRule>>;

/** The stable id of a kind of finding. */
export type CheckRuleId = keyof typeof CHECK_RULES;
