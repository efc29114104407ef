/** Of `yaml`. */
export { isAlias, isMap, isScalar, isSeq, parse, parseAllDocuments, parseDocument } from 'yaml';
