/** A fixture: its names have a second home in `one/`. */
export class Place {}

export const placeOf = (): Place => new Place();

/** The same name, and no twin: it is not exported. */
const FIRST = 'other';

export const LAST = `${FIRST} and last`;
