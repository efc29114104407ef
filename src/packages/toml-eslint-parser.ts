/** Of `toml-eslint-parser`. */
export { parseTOML } from 'toml-eslint-parser';
