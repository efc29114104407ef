/** Go templates (text/template with Sprig's functions, as the controller of Sealed Secrets renders them): text and data in, text out. */

import { loadRe2 } from '../../util/text/re2.js';
import { decodeText, encodeText } from '../../util/text/text.js';
import { BUILTINS } from './builtins.js';
import type { FunctionTable } from './call.js';
import { parseTemplate } from './parse.js';
import { runTemplate } from './run.js';
import { JSON_FUNCTIONS } from './sprig-json.js';
import { patternFunctions } from './sprig-patterns.js';
import { TEXT_FUNCTIONS } from './sprig-texts.js';
import { VALUE_FUNCTIONS } from './sprig-values.js';
import { GoMap, refusal } from './values.js';

/** Functions of the controller whose result is another one each time: nobody else can tell what it makes. */
const CHANGING: ReadonlySet<string> = new Set(
  (
    'ago bcrypt buildCustomCert date dateInZone dateModify date_in_zone date_modify encryptAES genCA genCAWithKey genPrivateKey ' +
    'genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey htmlDate htmlDateInZone htpasswd mustDateModify ' +
    'must_date_modify now randAlpha randAlphaNum randAscii randBytes randInt randNumeric shuffle uuidv4'
  ).split(' '),
);
/** Functions of the controller that are not rendered here. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    'abbrev abbrevboth add1f addf adler32sum b32dec b32enc base camelcase call chunk clean decryptAES deepCopy derivePassword dig dir ' +
    'divf duration durationRound ext hello initials isAbs kebabcase maxf merge mergeOverwrite minf mulf mustChunk mustDeepCopy ' +
    'mustMerge mustMergeOverwrite mustToDate osBase osClean osDir osExt osIsAbs round semver semverCompare snakecase subf ' +
    'swapcase toDate toDecimal unixEpoch urlJoin urlParse wrap wrapWith'
  ).split(' '),
);

const FUNCTIONS: FunctionTable = { ...TEXT_FUNCTIONS, ...VALUE_FUNCTIONS, ...JSON_FUNCTIONS, ...BUILTINS };

/**
 * Renders a template with values by name, which it sees as `map[string]string`. Rejects with `document-invalid` where Go
 * fails, and where what Go would print cannot be told; the message gives line and reason, and no value.
 */
export async function renderGoTemplate(text: string, values: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const functions = Object.assign(Object.create(null), FUNCTIONS) as Record<string, FunctionTable[string]>;
  if (/regex/i.test(text)) Object.assign(functions, patternFunctions(await loadRe2()));
  const template = parseTemplate(text, (name) => isKnown(name, functions));
  const entries = [...values].map(([key, bytes]) => [key, decodeText(bytes)] as const);
  try {
    return encodeText(runTemplate(template, new GoMap(new Map(entries), 'string'), functions));
  } catch (error) {
    // A loop can put lists into lists without end, and the call stack has one.
    throw error instanceof RangeError ? refusal('values are nested too deep') : error;
  }
}

function isKnown(name: string, functions: FunctionTable): boolean {
  if (CHANGING.has(name))
    throw refusal(`${name} gives another result each time, so only the controller's would be right`);
  if (OTHERS.has(name)) throw refusal(`${name} is a function that sops-ts does not render`);
  return name in functions || name === 'and' || name === 'or';
}
