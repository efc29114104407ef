/** The data types of the SSH protocol (RFC 4251 section 5), as far as keys use them. */
import { SopsError } from '../../../errors.js';

/** Reads one value after the other; every method throws `key` when the bytes end too early. */
export class SshReader {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}

  uint32(): number {
    return this.raw(4).readUInt32BE(0);
  }

  string(): Buffer {
    return this.raw(this.uint32());
  }

  text(): string {
    return this.string().toString('latin1');
  }

  /** A number that is not negative, big-endian, without leading zeros. */
  integer(): Buffer {
    const bytes = this.string();
    if (((bytes[0] ?? 0) & 0x80) !== 0) throw new SopsError('key', 'a negative number in an SSH key');
    const start = bytes.findIndex((byte) => byte !== 0);
    return bytes.subarray(start < 0 ? bytes.length : start);
  }

  raw(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new SopsError('key', 'an SSH key ends too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  rest(): Buffer {
    return this.raw(this.bytes.length - this.at);
  }
}

export function sshString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** A number from its big-endian bytes; a zero byte keeps it from looking negative. */
export function sshInteger(bytes: Uint8Array): Buffer {
  return sshString(((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}
