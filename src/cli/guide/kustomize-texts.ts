/** What help pages and shell completion say of the flags of the commands for kustomize. */
import type { FlagText } from './flag-texts.js';

const BEHAVIORS = ['create', 'merge', 'replace'];
const FORMS = ['yaml', 'json', 'list', 'resourcelist'];

/** By the names of `kustomize generate`, which shares some with other commands. */
const GENERATE: readonly (readonly [string, FlagText])[] = [
  ['name', { value: 'NAME', help: 'make a Secret of this name' }],
  ['type', { value: 'TYPE', help: 'its type, e.g. kubernetes.io/tls' }],
  ['from-env', { value: 'FILE', help: 'the variables of a dotenv file, or a map in YAML or JSON', offers: 'files' }],
  ['from-file', { value: '[KEY=]FILE', help: 'the whole text of a file under a key', offers: 'files' }],
  ['from-binary', { value: '[KEY=]FILE', help: 'the bytes of a file under a key', offers: 'files' }],
  ['namespace', { value: 'NS', help: 'put Secrets and ConfigMaps into a namespace' }],
  ['label', { value: 'K=V', group: 'marks' }],
  ['annotation', { value: 'K=V', group: 'marks' }],
  ['data-only', { help: 'stringData becomes data, so that behavior merge loses nothing' }],
  ['string-data', { help: 'data that is text becomes stringData' }],
  ['needs-hash', { group: 'marks' }],
  ['hash', { help: 'append the hash to the names that kustomize would append' }],
  ['behavior', { value: 'WORD', group: 'marks', offers: BEHAVIORS }],
  ['immutable', { group: 'marks' }],
  ['yaml11', { help: 'take unquoted values as YAML 1.1 does (yes: true, 007: 7) instead of refusing them' }],
  ['output', { value: 'FORM', group: 'printing', offers: FORMS }],
  ['sort', { group: 'printing' }],
  ['no-comments', { group: 'printing' }],
];

export const KUSTOMIZE_TEXTS: readonly (readonly [string, FlagText])[] = [
  ...GENERATE.map(([flag, text]) => [`kustomize generate --${flag}`, text] as const),
  [
    'mac',
    {
      value: 'WORD',
      help: 'strict, or skip: a build changes objects, so that no MAC fits',
      offers: ['strict', 'skip'],
    },
  ],
  [
    'annotations',
    { value: 'WORD', help: "flux: heed Flux's annotation that leaves an object encrypted", offers: ['flux'] },
  ],
  ['legacy', { help: 'the legacy form of plug-ins, which kubectl runs too' }],
  ['as', { value: 'NAME', help: 'call the launcher NAME, e.g. ksops' }],
  ['k8s', { help: 'show the data of Secrets decoded, and encode it again' }],
];
