/** Whether an entry of metadata holds an age file, for whomever it may be. */
import { SopsError } from '../../errors.js';
import { decodeArmor } from './format/armor.js';
import { readHeader } from './format/header.js';

/** Whether a text is an age file in its armor, with a whole header and something after it. */
export function isAgeFile(armored: string): boolean {
  try {
    const file = decodeArmor(armored);
    return file.length > readHeader(file).bytes.length;
  } catch (error) {
    if (error instanceof SopsError) return false;
    throw error;
  }
}
