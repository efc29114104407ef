/** `emit external-secret`: from flags to manifests. */

import { takesFromStore } from '../../kubernetes/stores/data-from.js';
import { emitExternalSecrets } from '../../kubernetes/stores/emit.js';
import { writeAll } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import { keyServiceFlags } from './shared-flags.js';
import {
  DELETION_POLICY,
  fileFlags,
  fileRequest,
  policyFlags,
  publishedFlags,
  REFRESH_INTERVAL,
  referenceFlags,
  setFlag,
  spreadFlags,
  spreadOf,
} from './store-flags.js';

const takenFlags = {
  extract: flag.yesNo('extract', { group: 'taken' }),
  find: flag.text('find', { value: 'REGEXP', group: 'taken' }),
  findPath: flag.text('find-path', { value: 'PATH', group: 'taken' }),
  findTags: flag.list('find-tags', { value: 'KEY=VALUE', group: 'taken' }),
  generator: flag.list('generator', { value: 'KIND/NAME', group: 'taken' }),
  rewrite: flag.list('rewrite', { value: 'REGEXP=TARGET', group: 'taken' }),
};
const templateFlags = {
  template: flag.list('template', { value: 'KEY=TEXT', group: 'taken' }),
  templateFrom: flag.list('template-from', { value: 'SOURCE', group: 'taken' }),
  templateMerge: flag.yesNo('template-merge', { group: 'taken' }),
};

export const emitExternalSecret = command({
  name: 'emit external-secret',
  task: 'secretStores',
  summary: 'print the ExternalSecret that makes the Secret of a file',
  operands: '[file|-]',
  examples: ['sops-ts emit external-secret secret.enc.yaml --store vault --to team/app'],
  file: 'operand',
  flags: {
    ...keyServiceFlags,
    ...referenceFlags,
    ...publishedFlags,
    ...takenFlags,
    ...templateFlags,
    ...spreadFlags,
    ...setFlag,
    policies: policyFlags([
      REFRESH_INTERVAL,
      ['refresh-policy', ['CreatedOnce', 'Periodic', 'OnChange']],
      ['creation-policy', ['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge']],
      DELETION_POLICY,
    ]),
    ...fileFlags,
  },
  async run(flags, context) {
    const { store, clusterStore, policies, extract, find, findPath, findTags } = flags;
    const from = { extract, find, findPath, findTags, generators: flags.generator, rewrites: flags.rewrite };
    const template = { data: flags.template, from: flags.templateFrom, merge: flags.templateMerge };
    const request = {
      ...fileRequest(flags, context, 'emit external-secret'),
      ...{ store, clusterStore, policies, from, template, spread: spreadOf(flags) },
      hasFile: context.operands.length > 0 || !takesFromStore(from),
    };
    await writeAll(context.streams.stdout, await emitExternalSecrets(request, context.host));
    return 0;
  },
});
