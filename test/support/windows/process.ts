/** `node:process` as it is on Windows: nobody has a number there. */
export const { emitWarning, env, kill, pid } = process;

export const platform = 'win32';
export const geteuid = undefined;
export const getgid = undefined;
export const getuid = undefined;
