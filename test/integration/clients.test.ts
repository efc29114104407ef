/**
 * Programs that call `sops`, served by a link of that name. The command lines are those of helm-secrets 4, ansible's
 * community.sops 2, @signageos/vscode-sops, Emacs's sops-mode, vim-sops, direnv's wiki, terragrunt, git and CI scripts.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';

const YAML = '# top\na: one # note\nb:\n  - 1\n';
const JSON_TEXT = '{\n  "a": "one",\n  "n": 1\n}\n';
const ENV = 'A=one\nB=x y\n';
const INI = '[s]\na = one\n';
/** What scripts look for in a file, to know whether sops encrypted it. */
const IS_ENCRYPTED = "grep -q 'mac.*,type:str]'";

interface Row {
  readonly client: string;
  /** Run by bash in a folder with plain `p.*` and encrypted `e.*` files. */
  readonly script: string;
  readonly prints: string | RegExp;
}

const ROWS: readonly Row[] = [
  // helm-secrets: old forms, types always given.
  {
    client: 'helm-secrets encrypts in place',
    script: `sops --encrypt --input-type yaml --output-type yaml --in-place p.yaml; ${IS_ENCRYPTED} < p.yaml; grep -xq 'sops:\\s*' p.yaml; sops -d p.yaml`,
    prints: YAML,
  },
  {
    client: 'helm-secrets encrypts to a file',
    script: 'sops --encrypt --input-type json --output-type json --output o.json p.json; sops -d o.json',
    prints: JSON_TEXT,
  },
  {
    client: 'helm-secrets encrypts a file of another kind',
    script: `sops --encrypt --input-type binary --output-type binary p.bin > o; grep -q '"data": "ENC' o; sops --decrypt --input-type binary --output-type binary o`,
    prints: 'any\nbytes',
  },
  {
    client: 'helm-secrets decrypts',
    script: 'sops --decrypt --input-type yaml --output-type yaml e.yaml',
    prints: YAML,
  },
  {
    client: 'helm-secrets decrypts in place',
    script: 'sops --decrypt --input-type yaml --output-type yaml --in-place e.yaml; cat e.yaml',
    prints: YAML,
  },
  {
    client: 'helm-secrets decrypts to a file',
    script: 'sops --decrypt --input-type yaml --output-type yaml --output e.yaml.dec e.yaml; cat e.yaml.dec',
    prints: YAML,
  },
  {
    client: 'helm-secrets decrypts a literal',
    script: `printf %s "$(cat e.json)" | sops --decrypt --input-type 'json' --output-type 'json' /dev/stdin`,
    prints: JSON_TEXT.trimEnd(),
  },
  {
    client: 'helm-secrets edits',
    script: `EDITOR='sed -i s/one/two/' sops --input-type yaml --output-type yaml e.yaml; sops -d e.yaml`,
    prints: YAML.replace('one', 'two'),
  },
  {
    client: 'helm-secrets passes its backend arguments first',
    script: 'sops --verbose --decrypt --input-type yaml --output-type yaml e.yaml 2> /dev/null',
    prints: YAML,
  },
  // community.sops: `^sops X.Y.Z`, then subcommands.
  {
    client: 'ansible asks for the version',
    script: 'sops --version --disable-version-check',
    prints: /^sops 3\.13\.2\b/,
  },
  {
    client: 'ansible decrypts text',
    script: 'sops decrypt --input-type yaml --output-type yaml /dev/stdin < e.yaml',
    prints: YAML,
  },
  {
    client: 'ansible decrypts a file',
    script: `sops --config /dev/null decrypt --keyservice unix:///none --output-type json --extract '["b"]' e.yaml`,
    prints: '[\n\t1\n]',
  },
  {
    client: 'ansible encrypts',
    script:
      'cat p.yaml | sops encrypt --age "$SOPS_AGE_RECIPIENTS" --input-type yaml --output-type yaml --filename-override /x/new.yaml /dev/stdin > n.yaml; sops -d n.yaml',
    prints: YAML,
  },
  {
    client: 'ansible asks for the status',
    script: 'sops filestatus e.yaml; sops filestatus p.yaml',
    prints: '{"encrypted":true}\n{"encrypted":false}\n',
  },
  {
    client: 'ansible switches the local service off',
    script: 'sops decrypt --enable-local-keyservice=false e.yaml 2> /dev/null || echo $?',
    prints: '128\n',
  },
  // vscode-sops: a temporary file without extension, a configuration of no bytes.
  {
    client: 'VS Code decrypts',
    script: 'cp e.json tmp1; sops --config /dev/null --output-type json --input-type json --decrypt tmp1',
    prints: JSON_TEXT,
  },
  {
    client: 'VS Code decrypts dotenv with --ignore-mac',
    script:
      'cp e.env tmp1; sops --ignore-mac --config /dev/null --output-type dotenv --input-type dotenv --decrypt tmp1',
    prints: ENV,
  },
  {
    client: 'VS Code saves through an editor',
    script: `cp e.json tmp1; printf '{"a": "new"}' > typed; printf '#!/bin/sh\\ncat typed > "$1"\\n' > fake; chmod +x fake; EDITOR=$PWD/fake sops --config /dev/null --output-type json --input-type json tmp1; sops -d --input-type json --output-type json tmp1`,
    prints: '{"a": "new"}',
  },
  {
    client: 'VS Code encrypts',
    script:
      'cp p.ini tmp1; sops --config config.yaml --output-type ini --input-type ini --encrypt tmp1 > o.ini; sops -d o.ini',
    prints: INI,
  },
  // sops-mode of Emacs: the first number of the version; then standard input.
  {
    client: 'Emacs asks for the version',
    script: `sops --version | grep -Eo '[0-9]+(\\.[0-9]+)+' | head -n 1`,
    prints: '3.13.2\n',
  },
  { client: 'Emacs decrypts', script: 'sops -d e.yaml 2> errors', prints: YAML },
  {
    client: 'Emacs encrypts a buffer',
    script: 'sops --filename-override "$PWD/p.yaml" --encrypt /dev/stdin < p.yaml > n.yaml; sops -d n.yaml',
    prints: YAML,
  },
  { client: 'older Emacs encrypts a file', script: 'sops -e -i p.yaml; sops -d p.yaml', prints: YAML },
  // vim-sops: asks whether it can be decrypted, then edits with vim as the client of a server.
  { client: 'vim asks', script: 'sops -d p.yaml > /dev/null 2>&1 || echo $?', prints: '1\n' },
  {
    client: 'vim edits',
    script: `EDITOR="$PWD/editor --servername VIM --remote-wait" sops e.yaml & wait $!; echo $?; cat words`,
    prints: /^0\n--servername VIM --remote-wait \S+\/e\.yaml\n$/,
  },
  {
    client: 'vim filters a buffer',
    script:
      'sops -e --input-type yaml --output-type yaml /dev/stdin < p.yaml | sops -d --input-type yaml --output-type yaml /dev/stdin',
    prints: YAML,
  },
  // Shells.
  { client: 'direnv', script: 'sops -d --output-type dotenv flat.yaml', prints: 'A=one\nB=2\n' },
  {
    client: 'direnv with env files',
    script: 'set -a; eval "$(sops -d e.env | sed "s/=\\(.*\\)/=\'\\1\'/")"; echo "$A $B"',
    prints: 'one x y\n',
  },
  { client: 'docker compose', script: `sops exec-env e.env 'printf "%s,%s\\n" "$A" "$B"'`, prints: 'one,x y\n' },
  {
    client: 'kubectl',
    script: `sops exec-file --no-fifo e.yaml 'head -n 1 {}'; sops -d e.yaml | cat`,
    prints: `# top\n${YAML}`,
  },
  { client: 'process substitution', script: 'cat <(sops -d e.json)', prints: JSON_TEXT },
  {
    client: 'extract into a variable',
    script: `v=$(sops -d --extract '["a"]' e.yaml); echo "[$v]"`,
    prints: '[one]\n',
  },
  {
    client: 'CI sets a value',
    script: `sops --set '["a"] "two"' e.yaml; sops set e.yaml '["n"]' '{"k": 1}'; sops -d --extract '["a"]' e.yaml`,
    prints: 'two',
  },
  {
    client: 'CI rotates',
    script: 'sops -r -i e.yaml; sops rotate -i e.json; sops -d e.yaml; sops -d e.json',
    prints: YAML + JSON_TEXT,
  },
  // Terraform's local-exec and external, terragrunt's sops_decrypt_file by its program, pulumi.
  {
    client: 'Terraform external',
    script: 'sops -d --output-type json flat.yaml | tr -d "\\n\\t"',
    prints: '{"A": "one","B": 2}',
  },
  {
    client: 'terragrunt run_cmd',
    script: 'sops --decrypt --output-type json e.yaml > o.json; grep -c . o.json',
    prints: '6\n',
  },
];

const git = findTool('git', 'GIT_BIN', ['--version']);
const terraform = findTool('terraform', 'TERRAFORM_BIN', ['version']);

let program: Program;
let desk: Desk;

beforeAll(() => {
  program = new Program();
  chmodSync(program.file, 0o755);
});
beforeEach(async () => {
  desk?.remove();
  desk = new Desk();
  mkdirSync(desk.path('bin'));
  symlinkSync(program.file, desk.path('bin/sops'));
  desk.write('config.yaml', `creation_rules:\n  - age: ${desk.recipient}\n`);
  chmodSync(desk.write('editor', '#!/bin/sh\necho "$@" > words\neval "last=\\${$#}"\necho c: 3 >> "$last"\n'), 0o755);
  const plains = { yaml: YAML, json: JSON_TEXT, env: ENV, ini: INI, bin: 'any\nbytes' };
  for (const [ending, plain] of Object.entries(plains)) {
    desk.write(`p.${ending}`, plain);
    desk.write(`e.${ending}`, await desk.encrypt(`e.${ending}`, plain));
  }
  desk.write('flat.yaml', await desk.encrypt('flat.yaml', 'A: one\nB: 2\n'));
});
afterAll(() => desk?.remove());

function shell(script: string): { status: number | null; stdout: string; stderr: string } {
  const PATH = [desk.path('bin'), process.execPath.replace(/\/[^/]*$/, ''), process.env.PATH].join(':');
  const env = { ...desk.env, PATH, TMPDIR: desk.folder, HOME: desk.folder, TERM: 'dumb', GIT_CONFIG_NOSYSTEM: '1' };
  return spawnSync('bash', ['-c', script], { cwd: desk.folder, env, encoding: 'utf8' });
}

describe.skipIf(process.platform === 'win32')('a link named sops serves', () => {
  test.each(ROWS)('$client', ({ script, prints }) => {
    const { status, stdout, stderr } = shell(`set -eu -o pipefail; ${script}`);
    expect(status, stdout + stderr).toBe(0);
    if (typeof prints === 'string') expect(stdout, stderr).toBe(prints);
    else expect(stdout, stderr).toMatch(prints);
    expect(readdirSync(desk.folder).filter((name) => name.startsWith('.sops'))).toEqual([]);
  });
});

describe.skipIf(!git)('git', () => {
  test('shows differences of plaintext, by a textconv driver', () => {
    const { status, stdout, stderr } = shell(`set -e
      git init -q . && git config user.email a@b && git config user.name n
      git config diff.sopsdiffer.textconv 'sops -d'
      echo '*.yaml diff=sopsdiffer' > .gitattributes
      cp e.yaml s.yaml && git add s.yaml .gitattributes && git commit -qm one
      sops set s.yaml '["a"]' '"two"'
      git diff -- s.yaml; git log -p --format=%s -- s.yaml`);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^-a: one # note\n\+a: two # note$/m);
    expect(stdout).toMatch(/^one\n\n/m);
    expect(stdout).not.toContain('ENC[');
  });

  test('keeps plaintext in the work tree and ciphertext in the store, by a filter', () => {
    const { status, stdout, stderr } = shell(`set -e
      git init -q . && git config user.email a@b && git config user.name n
      git config filter.sops.smudge 'sops --decrypt --input-type yaml --output-type yaml /dev/stdin'
      git config filter.sops.clean 'sops --encrypt --input-type yaml --output-type yaml /dev/stdin'
      git config filter.sops.required true
      echo 's.yaml filter=sops' > .gitattributes
      cp p.yaml s.yaml && git add s.yaml && git commit -qm one
      git show :s.yaml | grep -c ENC; rm s.yaml; git checkout -q s.yaml; cat s.yaml`);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^\d+\n/);
    expect(stdout.replace(/^\d+\n/, '')).toBe(YAML);
  });
});

describe.skipIf(!terraform)('terraform', () => {
  test('runs it by local-exec', () => {
    desk.write(
      'main.tf',
      `resource "terraform_data" "secret" {
  input = "x"
  provisioner "local-exec" {
    command     = "sops --decrypt --output-type json e.yaml > from-terraform.json"
  }
}
`,
    );
    const { status, stderr, stdout } = shell(
      'terraform init -input=false && terraform apply -auto-approve -input=false -no-color && cat from-terraform.json',
    );
    expect(status, stdout + stderr).toBe(0);
    expect(desk.text('from-terraform.json')).toBe('{\n\t"a": "one",\n\t"b": [\n\t\t1\n\t]\n}\n');
  });
});

if (!git) announceSkipped(2, 'git is not there');
if (!terraform) announceSkipped(1, 'terraform is neither in TERRAFORM_BIN nor on PATH');
