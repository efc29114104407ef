/** The variables by which a build tells the plug-in that it runs in a copy: the copy, and the folder that it was made of. */
export const MIRROR = 'SOPS_TS_KUSTOMIZE_MIRROR';
export const MIRRORED = 'SOPS_TS_KUSTOMIZE_SOURCE';
