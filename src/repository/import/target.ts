/** What the files are called that imported ones become. */
import { basename, dirname, extname, join } from 'node:path';

/** `vars.yml` → `vars.enc.yml`, `token` → `token.enc`: beside the source, under a name that rules can tell. */
export function targetName(name: string, mark = 'enc'): string {
  const ending = extname(name);
  return `${ending === '' ? name : name.slice(0, -ending.length)}.${mark}${ending}`;
}

/** `.env` → `.enc.env`, `.env.production` → `.env.production.enc.env`: SOPS takes for dotenv what ends in `.env`. */
export function dotenvTargetName(name: string): string {
  return name.endsWith('.env') ? `${name.slice(0, -'.env'.length)}.enc.env` : `${name}.enc.env`;
}

/** Where the target of a source belongs, beside it or at the same place below another folder. */
export function targetBeside(path: string, naming: (name: string) => string): string {
  return join(dirname(path), naming(basename(path)));
}
