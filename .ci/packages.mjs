/**
 * The packages that the program and the library need, bundled into files of dist/: an install is one package then, and whatever bundles
 * a program that imports the library finds them by literal paths. What is used of each stands in src/packages/.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { build, transform } from 'esbuild';
import { remembered } from './memory.mjs';
import { FOLDER, packageFiles } from './package-files.mjs';
import { answering, Replacements, replaced } from './replacements.mjs';

const SOURCE = 'src/packages';

/** Descriptions of services beside Google's Cloud KMS, which nothing asks for. */
const UNUSED_SERVICES = /[\\/]google-gax[\\/]build[\\/]protos[\\/](?:iam_service|locations|operations|compute_operations)\.js(?:on)?$/;
/** The clients of those, and Google's own way to do without gRPC. */
const UNUSED_CLIENTS = /[\\/]google-gax[\\/]build[\\/]src[\\/](?:iamService|locationService|operationsClient|fallback)\.js$/;
/** For streams of answers, JSON, and services of descriptions in files: src/packages/google-kms.ts makes its own of the one that it has. */
const UNUSED_HELPERS = /^(?:@grpc\/proto-loader|proto3-json-serializer|duplexify|retry-request)$/;
/** It reads descriptions in their own language, too; there is a smaller one that does not. */
const MESSAGES = /^protobufjs$/;
/** The description of Google's Cloud KMS, of which src/packages/google-kms.ts uses what it names. */
const KMS_DESCRIPTION = /[\\/]@google-cloud[\\/]kms[\\/]build[\\/]protos[\\/]protos\.json$/;
/** Where Google's client has a second copy of the package for credentials: it is given those of the channel, and makes none. */
const GOOGLE_CLIENT = /[\\/]google-gax[\\/]build[\\/]/;
const NO_CREDENTIALS = 'module.exports = { GoogleAuth: class {}, OAuth2Client: class {} };';
/** A checksum for uploads, which takes node:zlib along in every run that asks AWS for anything. The same without it stands beside it. */
const NATIVE_CRC = /[\\/]crc32[\\/]Crc32Node\.js$/;
/** AWS's client asks for a home first of all, also where it is told of other files, and the system may know of none. */
const AWS_HOME = /[\\/]shared-ini-file-loader[\\/]getHomeDir\.js$/;
const HOME_OR_NONE = "(() => { try { return homedir(); } catch { return '/dev/null'; } })()";
/** AWS's own way to ask, which takes TLS and its certificates along, also where a server is asked without; ours asks in its place. */
const AWS_HTTPS = /[\\/]node-http-handler[\\/]dist-es[\\/]node-https\.js$/;
const LATE_HTTPS = "const https = () => process.getBuiltinModule('node:https');\nexport const node_https = { get Agent() { return https().Agent; }, get request() { return https().request; } };";
/** A package for tokens asks it whether Node is new enough for what has been there since 16. */
const VERSION_CHECK = /^semver$/;
/** What AWS's clients know of all that a service takes and gives, and of its errors: lists that nobody uses are left out once it is said that making them does nothing else. */
const AWS_SHAPES = /[\\/]@aws-sdk[\\/](?:client-[\w-]+|nested-clients)[\\/]dist-es[\\/](?:.*[\\/])?schemas_0\.js$/;
/** Of these services an error is known by its name alone, which comes with the answer. */
const NAMED_ERRORS = /[\\/]client-(?:kms|s3|secrets-manager|ssm)[\\/]/;
/** What packages use if it is there, and ours is not. */
const NEVER_THERE = /^(?:pg-native|supports-color|@opentelemetry\/api|bufferutil|utf-8-validate|encoding|web-streams-polyfill\/.*|bowser)$/;

const BUILT_INS = `(?:node:)?(?:${builtinModules.filter((name) => !name.startsWith('_')).join('|')})`;
const BUILT_IN = new RegExp(`^${BUILT_INS}$`);
/** A built-in that is required: put as a module of its own in its place, it would be a file that several packages load. */
const REQUIRED = new RegExp(`\\brequire\\((["'])(${BUILT_INS})\\1\\)`, 'g');

/** How packages are bundled, with the program's own settings. As ES modules, since the CommonJS of some has but a default export for esbuild. */
const BUNDLED = { packages: 'bundle', mainFields: ['module', 'main'], legalComments: 'none', logLevel: 'error', define: whereNothingIs('__dirname', '__filename') };

/**
 * Some packages look for descriptions of services beside themselves, which nobody asks for; an ES module has no such names, and what stands above
 * a bundle is anybody's. No path holds a zero byte.
 */
function whereNothingIs(...names) {
  return Object.fromEntries(names.map((name) => [name, JSON.stringify('/nowhere/\0/\0/\0/\0')]));
}

/** Of a description what google-kms.ts names: it takes no other types and methods out of it. */
function usedOf(description) {
  const text = readFileSync(new URL('../src/packages/google-kms.ts', import.meta.url), 'utf8');
  const named = (all) => Object.fromEntries(Object.entries(all).filter(([name]) => text.includes(`'${name}'`)));
  const { cloud, protobuf } = description.nested.google.nested;
  const { KeyManagementService, ...types } = cloud.nested.kms.nested.v1.nested;
  const v1 = { nested: { ...named(types), KeyManagementService: { methods: named(KeyManagementService.methods) } } };
  return JSON.stringify({ nested: { google: { nested: { protobuf: { nested: named(protobuf.nested) }, cloud: { nested: { kms: { nested: { v1 } } } } } } } });
}

/** The text of a file of shapes of which each can be left out. */
function usedShapes(path) {
  const text = replaced(readFileSync(path, 'utf8'), /^(export var \w+\$ = )(\[(?:.*|[^]*?\n)\]);$/gm, '$1/* @__PURE__ */ (() => $2)();');
  return NAMED_ERRORS.test(path) ? replaced(text, /^n0_registry\.registerError\(.*\);$/gm, '') : text;
}

/** What CommonJS packages require: what Node has they get in a way that any bundler and any loader leaves alone. */
const plainRequires = {
  name: 'plain requires',
  setup(whole) {
    const bundler = answering(whole);
    const words = new Replacements('import.meta.url', 'built-ins that are required');
    bundler.onResolve({ filter: BUILT_IN }, ({ path, kind }) => (kind === 'require-call' ? { path, namespace: 'built-in' } : { path, external: true }));
    bundler.onLoad({ filter: /.*/, namespace: 'built-in' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});` }));
    bundler.onResolve({ filter: NEVER_THERE }, ({ path }) => ({ path, namespace: 'absent' }));
    bundler.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({ contents: `throw Object.assign(new Error(${JSON.stringify(`Cannot find module '${path}'`)}), { code: 'MODULE_NOT_FOUND' });` }));
    bundler.onResolve({ filter: /^google-auth-library$/ }, ({ path, importer }) => (GOOGLE_CLIENT.test(importer) ? { path, namespace: 'unused' } : undefined));
    bundler.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: NO_CREDENTIALS }));
    bundler.onLoad({ filter: KMS_DESCRIPTION }, ({ path }) => ({ contents: usedOf(JSON.parse(readFileSync(path, 'utf8'))), loader: 'json' }));
    for (const filter of [UNUSED_SERVICES, UNUSED_CLIENTS]) bundler.onLoad({ filter }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
    bundler.onResolve({ filter: UNUSED_HELPERS }, ({ path }) => ({ path, namespace: 'nothing' }));
    bundler.onResolve({ filter: MESSAGES }, ({ path, importer, kind, resolveDir }) => bundler.resolve(`${path}/light.js`, { importer, kind, resolveDir }));
    bundler.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = class {};' }));
    bundler.onResolve({ filter: VERSION_CHECK }, ({ path, importer }) => (/[\\/]jsonwebtoken[\\/]/.test(importer) ? { path, namespace: 'new enough' } : undefined));
    bundler.onLoad({ filter: /.*/, namespace: 'new enough' }, () => ({ contents: 'exports.satisfies = () => true;' }));
    bundler.onLoad({ filter: AWS_SHAPES }, ({ path }) => ({ contents: usedShapes(path), loader: 'js' }));
    bundler.onLoad({ filter: AWS_HOME }, ({ path }) => ({ contents: replaced(readFileSync(path, 'utf8'), '= homedir();', `= ${HOME_OR_NONE};`), loader: 'js' }));
    bundler.onLoad({ filter: AWS_HTTPS }, () => ({ contents: LATE_HTTPS, loader: 'js' }));
    bundler.onLoad({ filter: NATIVE_CRC }, () => ({ contents: "export { Crc32Js as Crc32Node } from './Crc32Js';", loader: 'js' }));
    // Where a file stands is another place in the bundle, and nothing in CommonJS. For built-ins any place will do.
    bundler.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const placed = words.in(text, 'import.meta.url', 'import.meta.url', "'file:///'");
      const plain = words.in(placed, 'built-ins that are required', REQUIRED, 'globalThis.process.getBuiltinModule($1$2$1)');
      return plain === text ? undefined : { contents: plain, loader: 'js' };
    });
    whole.onEnd(({ errors }) => {
      if (errors.length === 0) words.check();
    });
  },
};

/** Leaves the modules of packages where they stand, as seen from the files that import them. */
export function leavePackages(place) {
  return {
    name: 'packages',
    setup: (bundler) => bundler.onResolve({ filter: /\/packages\/[\w-]+\.js$/ }, ({ path }) => ({ path: `${place}/${FOLDER}/${basename(path)}`, external: true })),
  };
}

/** Puts the versions of packages into the module for them. */
function putVersions(root) {
  return {
    name: 'versions',
    setup: (bundler) =>
      bundler.onLoad({ filter: /[\\/]packages[\\/]versions\.ts$/ }, () => ({
        contents: `export const VERSIONS = ${JSON.stringify(Object.fromEntries(installed(root).map(({ name, version }) => [name, version])))};`,
        loader: 'ts',
      })),
  };
}

/** The packages that package.json names and whose code is bundled: all that src/packages imports. */
function installed(root) {
  const texts = readdirSync(join(root, SOURCE)).map((name) => readFileSync(join(root, SOURCE, name), 'utf8'));
  const names = texts.flatMap((text) => [...text.matchAll(/\bfrom '((?:@[\w-]+\/)?[\w.-]+)/g)].map(([, name]) => name));
  return [...new Set(names)].sort().map((name) => manifestOf(join(root, 'node_modules', name)));
}

function manifestOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license };
}

/** The modules of src/packages by their names. */
function entriesIn(root) {
  return Object.fromEntries(readdirSync(join(root, SOURCE)).map((name) => [`${FOLDER}/${basename(name, '.ts')}`, join(SOURCE, name)]));
}

/** The packages as ES modules by path, as they are bundled, and the paths of what they are made of. */
export function bundlePackages(root, common) {
  return remembered(root, 'packages', [SOURCE], async () => {
    const { outputFiles, metafile } = await build({
      ...common,
      ...BUNDLED,
      entryPoints: entriesIn(root),
      format: 'esm',
      splitting: true,
      chunkNames: `${FOLDER}/shared-[hash]`,
      outdir: 'out',
      plugins: [plainRequires, putVersions(root)],
      write: false,
      metafile: true,
    });
    const texts = outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf(`/${FOLDER}/`) + 1).replace(/\.js$/, ''), text]);
    return { texts, inputs: Object.keys(metafile.inputs) };
  });
}

/** Their files for the program (as they are, and made small) and for the library by path, and the paths of what they are made of. */
export function packagedFiles(root, common, settings) {
  return remembered(root, 'package-files', [SOURCE], async () => {
    const { texts, inputs } = await bundlePackages(root, common);
    const { program, library } = await packageFiles(texts, settings);
    const small = await Promise.all(program.map(async ([path, text]) => [path, (await transform(text, settings)).code]));
    return { program, small, library, inputs };
  });
}

/** The packages that files come from: name, version, licence, and folder. */
function packagesOf(root, paths) {
  const folders = new Set(paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map((folder) => ({ folder, ...manifestOf(join(root, folder)) }));
}

/** Writes down what the files of a folder hold of other packages, and under which licences. */
export function writePapers(root, paths, folder) {
  writeNotices(root, paths, join(folder, 'THIRD-PARTY-NOTICES.txt'));
  writeBill(root, paths, join(folder, 'sbom.cdx.json'));
}

/** The licence of a package in its own words: in a file, or in what it says of itself; by its name where it has none, as parts of a larger one may. */
function licenceText(folder, license) {
  const names = readdirSync(folder);
  const file = names.find((one) => /^licen[cs]e/i.test(one));
  if (file !== undefined) return readFileSync(join(folder, file), 'utf8').trim();
  const page = names.find((one) => /^readme/i.test(one));
  const text = page === undefined ? '' : readFileSync(join(folder, page), 'utf8');
  return /^(?:#+ )?licen[cs]e\n(?:-+\n)?([\s\S]*permission notice[\s\S]*?)(?=\n#|$(?![\s\S]))/im.exec(text)?.[1].trim() ?? `Licence: ${license}`;
}

/** The Lesser licence is an addition to the General one, a copy of which has to stand beside it. */
function wholeText(root, text) {
  if (!/^\s*GNU LESSER GENERAL PUBLIC LICENSE/.test(text)) return text;
  return `${text}\n\n${readFileSync(join(root, '.ci/licences/gpl-3.0.txt'), 'utf8').trim()}`;
}

/** Writes the licence texts of the packages that files come from, each with the packages that have it. */
function writeNotices(root, paths, file) {
  const byText = new Map();
  for (const { folder, name, version, license } of packagesOf(root, paths)) {
    const text = wholeText(root, licenceText(join(root, folder), license));
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  const notices = [...byText].map(([text, names]) => `${names.join(', ')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
  writeFileSync(file, `The files of this folder hold code of other packages, under their licences.\n\n${notices}`);
}

/** Writes the bill of materials, CycloneDX 1.5: every package that files come from, with its exact version. */
function writeBill(root, paths, file) {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const component = ({ name, version, license }) => ({
    type: 'library',
    'bom-ref': `pkg:npm/${encodeURIComponent(name).replace('%2F', '/')}@${version}`,
    name,
    version,
    purl: `pkg:npm/${encodeURIComponent(name).replace('%2F', '/')}@${version}`,
    ...(typeof license === 'string' ? { licenses: [{ expression: license }] } : {}),
  });
  const packages = packagesOf(root, paths);
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...component(own), type: 'application' } },
    components: packages.map(component),
    dependencies: [{ ref: component(own).purl, dependsOn: packages.map((one) => component(one).purl) }],
  };
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
}
