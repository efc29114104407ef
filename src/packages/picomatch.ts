/** `picomatch`, which is CommonJS. */
export { default } from 'picomatch';
