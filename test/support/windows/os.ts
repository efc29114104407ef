/** `node:os` as it is on Windows. */
export const { constants, hostname, userInfo } = process.getBuiltinModule('node:os');

export const homedir = (): string => 'C:\\Users\\me';
export const tmpdir = (): string => 'C:\\Temp';
