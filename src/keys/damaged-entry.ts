/** What to do about an entry of metadata that is not what its key's kind writes. */
export const DAMAGED_ENTRY = "The entry is damaged: look at the file's history.";
