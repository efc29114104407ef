/** JavaScript that declares `loadFile`, for where there is `require`. */
export const LOAD_FILE: string;
