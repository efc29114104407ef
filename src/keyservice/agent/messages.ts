/**
 * What sops-ts and its agent say to each other, beside SOPS's protocol on the same socket: frames of a length (four bytes, the
 * first always 0, which no HTTP/2 connection begins with) and a message (docs/agent.md#protocol).
 */
import { SopsError } from '../../errors.js';
import type { MemoryGuards } from '../../exec/memory-guards.js';
import { decodeFields, decodeString, encodeField, onlyField } from '../../util/text/protobuf.js';

/**
 * `recall`: which of these are known. `claim`: one, once others have opened it, or the turn to open it. `keep`: what was opened in
 * one's turn. The others are about the agent as a whole.
 */
export type RequestKind = 'recall' | 'claim' | 'keep' | 'status' | 'lock' | 'stop';
/** `wait`: an answer follows when others are done. */
export type AnswerKind = 'known' | 'turn' | 'wait' | 'done' | 'failed';

export interface AgentRequest {
  readonly kind: RequestKind;
  /** What was asked for, by hashes (`agentQuestion`). */
  readonly questions?: readonly string[];
  readonly part?: Uint8Array;
  /** The key, in words. */
  readonly label?: string;
}

/** A part that is known, with what was asked for. */
export interface FoundPart {
  readonly question: string;
  readonly part: Uint8Array;
}

export interface AgentAnswer {
  readonly kind: AnswerKind;
  readonly found?: readonly FoundPart[];
  /** JSON for `status`, a number for `lock`, the reason for `failed`. */
  readonly text?: string;
}

/** How the agent is, as `status` tells. */
export interface AgentStatus {
  readonly pid: number;
  /** RFC 3339. */
  readonly since: string;
  readonly kept: number;
  /** Milliseconds. */
  readonly idle: number;
  readonly lifetime: number;
  readonly guards: MemoryGuards;
}

const [KIND, QUESTION, PART, LABEL] = [1, 2, 3, 4];
const [FOUND, TEXT] = [2, 3];
const LENGTH_BYTES = 4;
/** Of a message; a file may have thousands of entries, and each question has 44 bytes. */
export const MOST_FRAME_BYTES = 1 << 20;

export function encodeAgentRequest({ kind, questions = [], part, label = '' }: AgentRequest): Buffer {
  return framed([
    text(KIND, kind),
    ...questions.map((question) => text(QUESTION, question)),
    encodeField(PART, part ?? Buffer.alloc(0)),
    text(LABEL, label),
  ]);
}

/** Throws `key` for what is not a request. */
export function decodeAgentRequest(message: Buffer): Required<AgentRequest> {
  const fields = decodeFields(message, [KIND, QUESTION, PART, LABEL]);
  return {
    kind: textOf(fields, KIND) as RequestKind,
    questions: fields.filter(({ number }) => number === QUESTION).map(({ bytes }) => decodeString(bytes)),
    part: onlyField(fields, PART) ?? Buffer.alloc(0),
    label: textOf(fields, LABEL),
  };
}

export function encodeAgentAnswer({ kind, found = [], text: said = '' }: AgentAnswer): Buffer {
  return framed([text(KIND, kind), ...found.map(encodeFound), text(TEXT, said)]);
}

function encodeFound({ question, part }: FoundPart): Buffer {
  const own = encodeField(PART, part);
  const entry = Buffer.concat([text(QUESTION, question), own]);
  const field = encodeField(FOUND, entry);
  for (const passing of [own, entry]) passing.fill(0);
  return field;
}

/** Throws `key` for what is no answer. */
export function decodeAgentAnswer(message: Buffer): Required<AgentAnswer> {
  const fields = decodeFields(message, [KIND, FOUND, TEXT]);
  const found = fields
    .filter(({ number }) => number === FOUND)
    .map(({ bytes }) => {
      const entry = decodeFields(bytes, [QUESTION, PART]);
      return { question: textOf(entry, QUESTION), part: Uint8Array.from(onlyField(entry, PART) ?? []) };
    });
  return { kind: textOf(fields, KIND) as AnswerKind, found, text: textOf(fields, TEXT) };
}

/** The messages in a stream of bytes; a stream that ends within one ends them. Throws `key` for a frame that is too long. */
export async function* messagesIn(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= LENGTH_BYTES) {
      const length = held.readUInt32BE(0);
      if (length > MOST_FRAME_BYTES) throw new SopsError('key', 'not a message of the agent: it is too long');
      if (held.length < LENGTH_BYTES + length) break;
      const message = held.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      held = held.subarray(LENGTH_BYTES + length);
      yield message;
      message.fill(0);
    }
  }
}

function framed(fields: readonly Buffer[]): Buffer {
  const message = Buffer.concat(fields);
  const frame = Buffer.alloc(LENGTH_BYTES + message.length);
  frame.writeUInt32BE(message.length);
  message.copy(frame, LENGTH_BYTES);
  message.fill(0);
  for (const field of fields) field.fill(0);
  return frame;
}

function text(number: number, value: string): Buffer {
  return encodeField(number, Buffer.from(value, 'utf8'));
}

function textOf(fields: ReturnType<typeof decodeFields>, number: number): string {
  return decodeString(onlyField(fields, number) ?? Buffer.alloc(0));
}
