/** Programs of tests, made for one test file and thrown away after it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixtureText } from './entries.js';

export class ProgramFolder {
  private made: string | undefined;
  /** For names that differ. */
  count = 0;

  /** Made when first asked for, so that a skipped test file leaves nothing behind. */
  get path(): string {
    if (this.made === undefined) {
      this.made = mkdtempSync(join(tmpdir(), 'programs-'));
      // Scripts without an ending are what the nearest package.json says, wherever the temporary folder is.
      writeFileSync(join(this.made, 'package.json'), '{"type":"commonjs"}');
    }
    return this.made;
  }

  /** Makes a program that this Node runs, from the text of a CommonJS script. */
  addScript(name: string, script: string): string {
    const file = this.write(name, `#!${process.execPath}\n${script}`);
    chmodSync(file, 0o755);
    return file;
  }

  /** Makes a program that the shell runs: it starts faster. */
  addShellScript(name: string, script: string): string {
    const file = this.write(name, `#!/bin/sh\n${script}`);
    chmodSync(file, 0o755);
    return file;
  }

  /** Makes a program of a script in the fixtures. */
  addFixture(name: string): string {
    return this.addScript(name, fixtureText(`programs/${name}.cjs`));
  }

  write(name: string, text: string | Uint8Array): string {
    const file = join(this.path, name);
    writeFileSync(file, text);
    return file;
  }

  /** The lines a program wrote to a file here; none if it did not run. */
  lines(name: string): string[] {
    try {
      return readFileSync(join(this.path, name), 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  }

  remove(): void {
    if (this.made !== undefined) rmSync(this.made, { recursive: true });
  }
}
