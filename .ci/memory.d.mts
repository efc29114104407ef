export function keptFolder(root: string, name: string, paths: readonly string[], fill: (folder: string) => void): string;
