/** What a new file holds before it is edited for the first time: SOPS's own examples (docs/command-line.md#edit). */
import type { FormatName } from '../../formats/store.js';

const WELCOME = 'Welcome to SOPS! Edit this file as you please!';

const TEXTS: Readonly<Record<FormatName, string>> = {
  yaml: `hello: ${WELCOME}
example_key: example_value
# Example comment
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
`,
  json: `{
	"hello": "${WELCOME}",
	"example_key": "example_value",
	"example_array": [
		"example_value1",
		"example_value2"
	],
	"example_number": 1234.56789,
	"example_booleans": [
		true,
		false
	]
}
`,
  dotenv: `# This is an example file.
hello=${WELCOME}
example_key=example_value
example_multiline=foo\\nbar\\nbaz
`,
  ini: `; This is an example file.
[Welcome!]
hello       = ${WELCOME}
example_key = example_value
`,
  toml: `# This is an example file.
hello = "${WELCOME}"
example_number = 1234.56789
example_booleans = [true, false]

[example_table]
example_key = "example_value"
`,
  binary: WELCOME,
};

export function newFileText(format: FormatName): string {
  return TEXTS[format];
}
