/** What help pages say of flags that share one paragraph. */
import { FORMATS } from '../../formats/registry.js';
import { STORES } from '../../kubernetes/stores/registry.js';
import type { FlagGroup } from '../words/flag.js';

const STORE_NAMES = STORES.map((row) => row.name).join(', ');

/** What the flags of a group are, since they share one paragraph. */
export const FLAG_GROUPS: Readonly<Record<FlagGroup, { readonly title: string; readonly note: string }>> = {
  types: {
    title: 'Formats',
    note: `${FORMATS.map((row) => row.name).join(', ')}; default by name`,
  },
  several: { title: 'Many files', note: 'or folders, patterns' },
  changes: { title: 'Changes', note: 'comma lists; added to the first key group, removed from all' },
  recipients: { title: 'Recipients', note: 'comma lists, instead of .sops.yaml' },
  members: { title: 'Recipients', note: 'comma lists, or several times' },
  selection: { title: 'Selection', note: 'one of the six …-suffix and …-regex' },
  certificate: { title: 'Certificate', note: "PEM; or the controller's address" },
  binding: { title: 'Bound to', note: 'strict, the default, namespace-wide or cluster-wide; else what the input says' },
  layout: { title: 'Output', note: 'yaml or json' },
  opening: { title: 'Opening', note: '' },
  marks: { title: 'Marks', note: 'put on every object; WORD: create, merge or replace' },
  printing: { title: 'Output', note: 'FORM: yaml (a stream), json, list or resourcelist; keys in alphabetical order' },
  place: { title: 'Place', note: `STORE: ${STORE_NAMES}; else as destination_rules say` },
  policies: { title: 'Fields', note: "in the operator's words" },
  taken: { title: 'Content', note: 'what else it takes, and templates of Go' },
  spread: { title: 'Cluster', note: 'an object that makes others in these namespaces' },
  store: { title: 'Store', note: `STORE: ${STORE_NAMES}; each has some of these` },
  services: {
    title: 'Services',
    note: 'tcp://HOST:PORT or unix:///PATH; asked after the local one',
  },
  references: {
    title: 'References',
    note: 'docs/stores.md',
  },
  general: { title: 'General', note: '' },
};
