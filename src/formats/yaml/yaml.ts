/** The YAML store: reads with places, splices, and prints as SOPS prints. */
import type { Value } from '../../tree/tree.js';
import type { FormatStore } from '../store.js';
import { emitValue } from './emit.js';
import { parseYaml, printYaml } from './yaml-file.js';

const EXAMPLE = `hello: Welcome to SOPS! Edit this file as you please!
example_key: example_value
# Example comment
example_array:
    - example_value1
    - example_value2
example_number: 1234.56789
example_booleans:
    - true
    - false
`;

const LINE_STYLES: ReadonlySet<string> = new Set(['plain', 'single', 'double']);

export const yamlStore: FormatStore = {
  name: 'yaml',
  example: EXAMPLE,
  noticeMark: '# ',
  lineStyles: LINE_STYLES,

  parse: (bytes) => parseYaml(bytes),

  loadEditor: async () => (await import('./editable.js')).parseEditable,

  emit: printYaml,

  emitValue(value: Value): string {
    return emitValue(value);
  },
};
