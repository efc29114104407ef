/** What Flux's controller goes by: bytes for whether something is encrypted, names for the format (docs/kubernetes/flux.md#before-the-build). */

import type { FormatName } from '../../formats/registry.js';
import { formatNamed } from '../../formats/registry.js';

/** The formats that the controller knows. */
export type FluxFormat = Extract<FormatName, 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary'>;

/** The bytes by which it knows an encrypted file; a binary file is JSON when encrypted. */
const MARKERS: Readonly<Record<FluxFormat, string>> = {
  yaml: 'mac: ENC[',
  json: '"mac": "ENC[',
  dotenv: 'sops_mac=ENC[',
  ini: '[sops]',
  binary: '"mac": "ENC[',
};

/** Endings of names; anything else is binary. Upper-case endings are, too. */
const ENDINGS: readonly (readonly [string, FluxFormat])[] = [
  ['.dockerconfigjson', 'json'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
  ['.env', 'dotenv'],
  ['.ini', 'ini'],
];

/** The format that the controller gives to a key or a path. */
export function fluxFormatOf(name: string): FluxFormat {
  return ENDINGS.find(([ending]) => name.endsWith(ending))?.[1] ?? 'binary';
}

/** The format that a file of variables is taken for. */
export function envFormatOf(name: string): FluxFormat {
  const format = fluxFormatOf(name);
  return formatNamed(format).whole ? 'dotenv' : format;
}

/** The bytes that tell an encrypted file of a format. One that the controller does not know is binary to it. */
export function markerOf(format: string): string {
  const markers: Readonly<Partial<Record<string, string>>> = MARKERS;
  return markers[format] ?? MARKERS.binary;
}

/** Whether the controller takes something for an encrypted file of a format. */
export function isMarked(bytes: Buffer, format: FluxFormat): boolean {
  return bytes.includes(MARKERS[format]);
}

/** The formats that the controller may take something for; of several it picks any. JSON stands for binary files, too. */
export function markedFormats(bytes: Buffer): FluxFormat[] {
  return (['yaml', 'json', 'dotenv', 'ini'] as const).filter((format) => isMarked(bytes, format));
}
