/** The text of a first `.sops.yaml`: recipients by name, rules that make sense, comments that teach. */

/** A recipient with the name that the configuration gives it. */
export interface NamedAgeRecipient {
  readonly name: string;
  readonly recipient: string;
}

export interface FirstConfig {
  readonly recipients: readonly NamedAgeRecipient[];
  /** The one rule that is wanted, instead of the usual ones. */
  readonly rule?: { readonly pathRegex: string; readonly encryptedRegex?: string | undefined } | undefined;
}

/** The whole text. */
export function firstConfigText({ recipients, rule }: FirstConfig): string {
  const rules = rule
    ? [ruleText([], rule.pathRegex, rule.encryptedRegex, recipients)]
    : [
        ruleText(
          KUBERNETES,
          String.raw`(^|/)(k8s|kubernetes|manifests|deploy|clusters)/.*\.ya?ml$`,
          SECRETS,
          recipients,
        ),
        ruleText(
          WHOLE,
          String.raw`(^|/)secrets/|(^|/)\.env(\.|$)|[^/]\.(enc|sops|secret)\.[^/]+$|\.enc$|(^|/)\.enc\.env$`,
          undefined,
          recipients,
        ),
      ];
  const people = recipients.map(
    ({ name, recipient }) => `  - &${name} ${/^[a-z0-9]+$/.test(recipient) ? recipient : quoted(recipient)}`,
  );
  return [...HEAD, 'keys:', ...people, '', ...RULES_HEAD, 'creation_rules:', rules.join('\n\n'), ''].join('\n');
}

/** The file beside the configuration by which editors know it. */
export const SCHEMA_NAME = '.sops.schema.json';

const HEAD = [
  `# yaml-language-server: $schema=${SCHEMA_NAME}`,
  `# Editors complete and check this file by that one. A later sops-ts writes it anew: sops-ts config schema > ${SCHEMA_NAME}`,
  '# Who can read the encrypted files of this folder and those below it, and what is encrypted in them.',
  '# Commit this file: it holds public keys only. The key file itself must never be committed.',
  '',
  '# Everybody who can read files. &name gives a recipient the name that the rules below use.',
  '# To let somebody in: sops-ts grant NAME RECIPIENT',
  '# To shut somebody out: sops-ts revoke NAME',
];

const RULES_HEAD = [
  '# The first rule whose path_regex is found in the path of a file, seen from here, is used.',
  '# sops-ts why FILE tells which one that is. A file that no rule is for is refused.',
];

const SECRETS = '^(data|stringData)$';

const KUBERNETES = [
  'Kubernetes manifests: only what stands below data and stringData is encrypted, so that reviewers see the rest.',
];
const WHOLE = [
  'All other files in folders called secrets, .env files, and names like app.enc.json, app.sops.yaml, app.secret.ini:',
  'every value.',
];

function ruleText(
  comments: readonly string[],
  pathRegex: string,
  encryptedRegex: string | undefined,
  recipients: readonly NamedAgeRecipient[],
): string {
  return [
    ...comments.map((comment) => `  # ${comment}`),
    `  - path_regex: ${quoted(pathRegex)}`,
    ...(encryptedRegex === undefined ? [] : [`    encrypted_regex: ${quoted(encryptedRegex)}`]),
    '    key_groups:',
    '      - age:',
    ...recipients.map(({ name }) => `          - *${name}`),
  ].join('\n');
}

/** In single quotes, in which YAML takes all but the quote as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
