/** A cold start: what opening an entry with an X25519 identity, or making one, may load. */
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** By their paths below src. */
const OWN_MODULES = [
  'errors.ts',
  'keys/age/age.ts',
  'keys/age/bech32.ts',
  'keys/age/curve25519.ts',
  'keys/age/folders.ts',
  'keys/age/format/aead-contract.ts',
  'keys/age/format/aead.ts',
  'keys/age/format/armor.ts',
  'keys/age/format/file.ts',
  'keys/age/format/header.ts',
  'keys/age/format/hkdf.ts',
  'keys/age/format/quick-key.ts',
  'keys/age/format/raw-base64.ts',
  'keys/age/format/stream.ts',
  'keys/age/identity-content.ts',
  'keys/age/identity-text.ts',
  'keys/age/keyring.ts',
  'keys/age/recipients.ts',
  'keys/age/sources.ts',
  'keys/age/system-error.ts',
  'keys/age/x25519.ts',
  'keys/damaged-entry.ts',
  'util/files/fs.ts',
  'util/files/native-path.ts',
  'util/files/paths.ts',
  'util/files/pipe-bytes.ts',
  'util/realms.ts',
  'util/text/content-as-path.ts',
  'util/text/text.ts',
];

/** What is loaded at the start of the bundle of a source file: sources, and built-ins. */
async function loadedAtStart(): Promise<{ loaded: Set<string>; builtins: Set<string> }> {
  const { metafile } = await build({
    entryPoints: [new URL('../../../src/keys/age/age.ts', import.meta.url).pathname],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    write: false,
    metafile: true,
    outdir: 'out',
    logLevel: 'silent',
  });
  const loaded = new Set<string>();
  const builtins = new Set<string>();
  const visit = (output: string): void => {
    const { inputs, imports } = metafile.outputs[output] ?? { inputs: {}, imports: [] };
    for (const input of Object.keys(inputs)) loaded.add(input);
    for (const { path, kind, external } of imports) {
      if (kind !== 'import-statement') continue;
      if (external === true) builtins.add(path);
      else visit(path);
    }
  };
  visit(Object.keys(metafile.outputs).find((name) => name.endsWith('age.js')) ?? '');
  return { loaded, builtins };
}

test('loads own small modules and node: built-ins only; packages are behind import()', async () => {
  const { loaded, builtins } = await loadedAtStart();
  expect([...loaded].filter((input) => input.includes('node_modules'))).toEqual([]);
  expect([...loaded].map((input) => input.replace(/^.*src\//, '')).sort()).toEqual(OWN_MODULES);
  expect([...builtins].sort()).toEqual(['node:buffer', 'node:crypto', 'node:fs', 'node:path', 'node:process']);
});
