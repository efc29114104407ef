/** Reading metadata fields as leniently as SOPS does: any letter case, texts for numbers, single entries for lists. */
import { SopsError } from '../errors.js';
import type { Branch, LeafValue, Value } from '../tree/tree.js';
import { floatText, readValue } from '../tree/value.js';

/** One map of the metadata, with its place for messages, e.g. `age[0]`. */
export class FieldReader {
  /** Names as written, and in lower case for those written otherwise. Of repeated names the last counts. */
  private readonly exact = new Map<string, Value>();
  private readonly folded = new Map<string, Value>();

  constructor(
    branch: Branch,
    private readonly place: string = '',
  ) {
    for (const entry of branch.items) {
      if (entry.kind !== 'item') continue;
      this.exact.set(entry.key, entry.value);
      this.folded.set(entry.key.toLowerCase(), entry.value);
    }
  }

  /** A text; empty when missing or null. Other scalars give their text. Throws `metadata-invalid` for the rest. */
  text(name: string): string {
    const value = this.scalar(name);
    switch (typeof value) {
      case 'string':
        return value;
      case 'bigint':
        return value.toString();
      case 'number':
        return floatText(value);
      case 'boolean':
        return value ? '1' : '0';
      default:
        if (value !== null) throw this.invalid(name, 'is a time, not a text; write it in double quotes');
        return '';
    }
  }

  /** An integer; 0 when missing, null or empty. */
  integer(name: string): number {
    const value = this.scalar(name);
    if (value === null || value === '') return 0;
    const number = typeof value === 'string' ? readValue(value, 'int') : value;
    const integer = typeof number === 'object' ? Number.NaN : Math.trunc(Number(number));
    if (!Number.isSafeInteger(integer)) throw this.invalid(name, 'is not an integer');
    return integer;
  }

  /** A truth value; false when missing, null or empty. */
  flag(name: string): boolean {
    const value = this.scalar(name);
    if (value === null || value === '') return false;
    if (typeof value === 'bigint' || typeof value === 'number') return Number(value) !== 0;
    const parsed = typeof value === 'string' ? readValue(value, 'bool') : value;
    if (typeof parsed !== 'boolean') throw this.invalid(name, 'is neither true nor false');
    return parsed;
  }

  /** The maps of a list; none when missing, null or empty. A single map counts as a list of one, a null as an empty map. */
  maps(name: string): FieldReader[] {
    const value = this.find(name);
    if (!value || isNull(value) || (value.kind === 'branch' && value.items.length === 0)) return [];
    const entries = value.kind === 'list' ? value.items.filter((entry) => entry.kind !== 'comment') : [value];
    return entries.map((entry, at) => {
      const place = `${this.place}${name}[${at}].`;
      if (entry.kind === 'branch') return new FieldReader(entry, place);
      if (isNull(entry)) return new FieldReader({ kind: 'branch', items: [] }, place);
      throw this.invalid(`${name}[${at}]`, 'is not a map');
    });
  }

  /** A map of texts, or undefined when missing, null or empty. */
  texts(name: string): Map<string, string> | undefined {
    const [map, ...others] = this.maps(name);
    if (!map || map.exact.size === 0) return undefined;
    if (others.length > 0) throw this.invalid(name, 'is not a map');
    return new Map([...map.exact.keys()].map((key) => [key, map.text(key)]));
  }

  /** An error on a field of this map. */
  invalid(name: string, problem: string): SopsError {
    return new SopsError('metadata-invalid', `the metadata cannot be read: ${this.place}${name} ${problem}`);
  }

  private scalar(name: string): LeafValue {
    const value = this.find(name);
    if (!value) return null;
    if (value.kind !== 'leaf') throw this.invalid(name, `is a ${value.kind === 'list' ? 'list' : 'map'}, not a text`);
    return value.value;
  }

  private find(name: string): Value | undefined {
    return this.exact.get(name) ?? this.folded.get(name);
  }
}

function isNull(value: Value): boolean {
  return value.kind === 'leaf' && value.value === null;
}
