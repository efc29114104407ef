/** Files that a build of Flux's controller reads as they are: what is still encrypted then reaches the cluster so, or fails. */

import { relative } from 'node:path';
import { realpathSync } from '../../util/files/fs.js';
import type { Host } from '../../util/host/host.js';
import type { FileUse } from '../kustomize/build-files.js';
import { encryptedPart } from '../kustomize/ciphertext.js';
import type { Findings } from '../kustomize/findings.js';
import { fluxFormatOf, markerOf } from '../kustomize/flux-formats.js';

export class UsePass {
  constructor(
    /** What pass 1 has decrypted, links resolved. */
    private readonly decrypted: ReadonlySet<string>,
    private readonly findings: Findings,
    private readonly host: Host,
  ) {}

  /** Files of Secrets and of objects are looked at when the build is there, and so is what patches made of objects (`merged`). */
  async check(uses: readonly FileUse[], merged: ReadonlySet<string>): Promise<void> {
    for (const use of uses) if (use.purpose !== 'objects' && use.purpose !== 'secret') await this.checkOne(use, merged);
  }

  private async checkOne(use: FileUse, merged: ReadonlySet<string>): Promise<void> {
    const file = relative(this.host.cwd, use.path);
    if (use.purpose === 'patch' && merged.has(file)) return;
    const isPlain = this.decrypted.has(realpathSync(use.path));
    try {
      if (isPlain) {
        if (use.purpose === 'config-map')
          this.findings.add(file, 'is decrypted for a Secret, and in a ConfigMap anybody can read it');
      } else if (await encryptedPart(use.path)) this.findings.add(file, `is encrypted, and ${whyNot(use)}`);
    } catch (error) {
      this.findings.addError(file, error);
    }
  }
}

function whyNot({ purpose, field, path }: FileUse): string {
  if (purpose === 'config-map') return 'stays so in a ConfigMap: only secretGenerator is decrypted';
  if (purpose !== 'patch') return `is read under ${field} as it is: the controller decrypts no such file`;
  if (field !== 'patches') return `is applied under ${field} as it is: the controller decrypts those of patches alone`;
  return `is applied as it is: by its name the controller takes it for ${fluxFormatOf(path)}, and goes by ${markerOf(fluxFormatOf(path))}`;
}
