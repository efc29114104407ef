/** Blowfish's key schedule and encryption, as much as bcrypt needs; node:crypto has it only in OpenSSL's legacy provider. */

const ROUNDS = 16;
const SUBKEYS = ROUNDS + 2;
const BOX = 256;
const BOXES = 4;

/** A state of 18 subkeys and four boxes of 256 words. */
export class Blowfish {
  private readonly subkeys: Uint32Array;
  private readonly boxes: Uint32Array;

  /** The initial state: the fraction of π (Schneier, "Description of a New Variable-Length Key, 64-Bit Block Cipher"). */
  constructor() {
    initialWords ??= fractionOfPi(SUBKEYS + BOXES * BOX);
    this.subkeys = initialWords.slice(0, SUBKEYS);
    this.boxes = initialWords.slice(SUBKEYS);
  }

  /** Mixes a key, and a salt if one is given, into the state (Provos and Mazières, "A Future-Adaptable Password Scheme"). */
  expand(key: Uint32Array, salt?: Uint32Array): void {
    for (let index = 0; index < SUBKEYS; index++) {
      this.subkeys[index] = word(this.subkeys, index) ^ word(key, index % key.length);
    }
    const block = new Uint32Array(2);
    let saltAt = 0;
    for (const words of [this.subkeys, this.boxes]) {
      for (let index = 0; index < words.length; index += 2) {
        if (salt !== undefined) {
          block[0] = word(block, 0) ^ word(salt, saltAt % salt.length);
          block[1] = word(block, 1) ^ word(salt, (saltAt + 1) % salt.length);
          saltAt += 2;
        }
        this.encrypt(block, 0);
        words.set(block, index);
      }
    }
  }

  /** Encrypts the block of two words at an offset, in place. */
  encrypt(words: Uint32Array, at: number): void {
    const { subkeys, boxes } = this;
    let left = word(words, at);
    let right = word(words, at + 1);
    for (let round = 0; round < ROUNDS; round++) {
      left ^= word(subkeys, round);
      const sum = word(boxes, left >>> 24) + word(boxes, BOX + ((left >>> 16) & 0xff));
      right ^= (sum ^ word(boxes, 2 * BOX + ((left >>> 8) & 0xff))) + word(boxes, 3 * BOX + (left & 0xff));
      [left, right] = [right, left];
    }
    words[at] = right ^ word(subkeys, ROUNDS + 1);
    words[at + 1] = left ^ word(subkeys, ROUNDS);
  }
}

let initialWords: Uint32Array | undefined;

/** The first words of the binary fraction of π, by Machin's formula; computed, so that no table can hold a slip. */
function fractionOfPi(count: number): Uint32Array {
  const guard = 64n;
  const one = 1n << (BigInt(count) * 32n + guard);
  const pi = 16n * arctangentOfInverse(5n, one) - 4n * arctangentOfInverse(239n, one);
  const digits = ((pi % one) >> guard).toString(16).padStart(count * 8, '0');
  return Uint32Array.from({ length: count }, (_, index) => Number.parseInt(digits.slice(index * 8, index * 8 + 8), 16));
}

/** arctan(1/x), scaled. */
function arctangentOfInverse(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let divisor = 3n, sign = -1n; power > 0n; divisor += 2n, sign = -sign) {
    power /= x * x;
    sum += (sign * power) / divisor;
  }
  return sum;
}

/** Every index here is below the length. */
function word(words: Uint32Array, index: number): number {
  return words[index] as number;
}
