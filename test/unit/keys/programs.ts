/** Programs of tests, made for one test file and thrown away after it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixtureText } from './entries.js';

export class ProgramFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'programs-'));

  /** Makes a program that this Node runs, from the text of a CommonJS script. */
  addScript(name: string, script: string): string {
    const file = join(this.path, name);
    writeFileSync(file, `#!${process.execPath}\n${script}`);
    chmodSync(file, 0o755);
    return file;
  }

  /** Makes a program of a script in the fixtures. */
  addFixture(name: string): string {
    return this.addScript(name, fixtureText(`programs/${name}.cjs`));
  }

  write(name: string, text: string): string {
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
    rmSync(this.path, { recursive: true });
  }
}
