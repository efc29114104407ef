/** Of `re2js`. */
export { RE2JS } from 're2js';
