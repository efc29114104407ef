import type { PluginBuild } from 'esbuild';

export declare class Replacements {
  constructor(...names: readonly string[]);
  in(text: string, name: string, pattern: string | RegExp, by: string | ((...found: readonly string[]) => string)): string;
  check(): void;
}
export declare function replaced(text: string, pattern: string | RegExp, by: string): string;
export declare function answering(bundler: PluginBuild): Pick<PluginBuild, 'onLoad' | 'onResolve' | 'resolve'>;
