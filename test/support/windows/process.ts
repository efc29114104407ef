/** `node:process` as it is on Windows: nobody has a number there. */
// @ts-expect-error: the compiler knows it as an object.
// biome-ignore lint/style/useNodejsImportProtocol: by the longer name the program has this module.
export * from 'process';

export const platform = 'win32';
export const geteuid = undefined;
export const getgid = undefined;
export const getuid = undefined;
