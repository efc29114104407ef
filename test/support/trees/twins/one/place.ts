/** A fixture: its names have a second home in `other/`. */
export interface Place {
  readonly path: string;
}

export async function placeOf(path: string): Promise<Place> {
  return { path };
}

export const FIRST = 'one';
