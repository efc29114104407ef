/** `node:os` as it is on Windows. */
// biome-ignore lint/style/useNodejsImportProtocol: by the longer name the program has this module.
export * from 'os';

export const homedir = (): string => 'C:\\Users\\me';
export const tmpdir = (): string => 'C:\\Temp';
