/** A fixture: what is passed on has its home elsewhere. */
export { FIRST, type Place } from './one/place.js';
export { LAST } from './other/place.js';
