/** A desk for `flux check` and `kustomize check`: encrypted files of each format, and what both lay out. */
import { chmodSync, mkdirSync } from 'node:fs';
import { expect } from 'vitest';
import { Desk } from './desk.js';
import { kustomization, type Layout, secretText, VALUES_ONLY } from './layout.js';

/** A name, the layout below `app`, and a part of what is said of it. */
export type LayoutCase = readonly [what: string, layout: (desk: CheckDesk) => Layout | Promise<Layout>, said: string];

/** What a check says, on standard output alone. */
export interface Checked {
  readonly status: number;
  readonly out: string;
}

export class CheckDesk extends Desk {
  /** The Secret `a`, whose values are encrypted. */
  sealed = '';
  /** The same of a Secret `t`. */
  other = '';
  yaml = '';
  json = '';
  dotenv = '';
  binary = '';

  /** A desk in a repository, for Flux. */
  static async inRepository(): Promise<CheckDesk> {
    const desk = await CheckDesk.filled();
    mkdirSync(desk.path('.git'));
    return desk;
  }

  /** A desk with the programs that kustomizations name, which do nothing. */
  static async withPrograms(): Promise<CheckDesk> {
    const desk = await CheckDesk.filled();
    mkdirSync(desk.path('bin'));
    for (const name of ['ksops', 'sops-ts-kustomize']) chmodSync(desk.write(`bin/${name}`, '#!/bin/sh\n'), 0o755);
    return desk;
  }

  private static async filled(): Promise<CheckDesk> {
    const desk = new CheckDesk();
    const encrypted = async (...args: Parameters<Desk['encrypt']>) => (await desk.encrypt(...args)).toString('utf8');
    desk.sealed = await encrypted('s.yaml', secretText('a'), ...VALUES_ONLY);
    desk.other = await encrypted('t.yaml', secretText('t'), ...VALUES_ONLY);
    desk.yaml = await encrypted('x.yaml', 'x: CANARY\n');
    desk.json = await encrypted('x.json', '{\n\t"x": "CANARY"\n}\n');
    desk.dotenv = await encrypted('x.env', 'A=CANARY\n');
    desk.binary = await encrypted('x', 'CANARY');
    return desk;
  }
}

export async function fluxCheck(desk: Desk, ...words: string[]): Promise<Checked> {
  const ran = await desk.run(['flux', 'check', ...words]);
  expect(ran.stderr).toBe('');
  return { status: ran.status, out: ran.stdout.toString() };
}

export async function kustomizeCheck(desk: Desk, ...words: string[]): Promise<Checked> {
  const ran = await desk.run(['kustomize', 'check', ...words], { env: { PATH: desk.path('bin') } });
  expect(ran.stderr).toBe('');
  return { status: ran.status, out: ran.stdout.toString() };
}

export const secretGenerator = (fields: string) => kustomization(`secretGenerator: [{name: g, ${fields}}]`);
export const inBase64 = (text: string) => Buffer.from(text).toString('base64');
/** The head of a Secret, to which data belong. */
export const SECRET_A = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n';
export const secretWith = (key: string, text: string) => `${SECRET_A}data: {${key}: ${inBase64(text)}}\n`;
/** A manifest as the one item of a List. */
export const listOf = (manifest: string) =>
  `apiVersion: v1\nkind: List\nitems:\n- ${manifest.trimEnd().replaceAll('\n', '\n  ')}\n`;

/** A plug-in in the form of a program. */
export function plugin(fields: string, { kind = 'viaduct.ai/v1 ksops', path = 'ksops', name = 'g' } = {}): string {
  const [apiVersion, type] = kind.split(' ');
  return (
    `apiVersion: ${apiVersion}\nkind: ${type}\nmetadata:\n  name: ${name}\n  annotations:\n` +
    `    config.kubernetes.io/function: |\n      exec: {path: ${path}}\n${fields}\n`
  );
}

export const ownPlugin = (fields: string) =>
  plugin(fields, { kind: 'sops-ts.dev/v1 SopsGenerator', path: 'sops-ts-kustomize' });
export const ksopsOf = (...files: string[]) => plugin(`files: [${files.join(', ')}]`);
/** A manifest as an item that stands in the kustomization itself. */
export const inline = (text: string) => `- |\n  ${text.trimEnd().replaceAll('\n', '\n  ')}`;

/** An encrypted Secret that tells kustomize what becomes of its namesake. */
export async function behaving(desk: Desk, name: string, behavior: string): Promise<string> {
  const text = secretText(name, `  annotations: {kustomize.config.k8s.io/behavior: ${behavior}}\n`);
  return (await desk.encrypt('s.yaml', text, ...VALUES_ONLY)).toString('utf8');
}
