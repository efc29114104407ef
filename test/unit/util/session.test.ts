import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/util/host/host.js';
import { sessionOf } from '../../../src/util/host/session.js';

const KEY = Symbol('a test');

function plainHost(more: Partial<Host> = {}): Host {
  return { env: { A: '1' }, cwd: '/', platform: 'linux', askSecret: async () => '', warn: () => undefined, ...more };
}

describe('a session', () => {
  test('makes what is remembered once, whatever it is', () => {
    const session = sessionOf(plainHost());
    let count = 0;
    const make = (): undefined => {
      count += 1;
      return undefined;
    };
    session.once(KEY, make);
    session.once(KEY, make);
    expect(count).toBe(1);
    const made = session.once(Symbol('another'), () => ({}));
    expect(session.once(Symbol('another'), () => ({}))).not.toBe(made);
  });

  test('keeps nothing of what failed to be made', () => {
    const session = sessionOf(plainHost());
    const fail = (): never => {
      throw new Error('no');
    };
    expect(() => session.once(KEY, fail)).toThrow('no');
    expect(session.once(KEY, () => 1)).toBe(1);
  });

  test('is its own session, and a plain host gets one with an empty memory', () => {
    const host = plainHost();
    const session = sessionOf(host);
    expect(sessionOf(session)).toBe(session);
    session.once(KEY, () => 1);
    expect(sessionOf(host).once(KEY, () => 2)).toBe(2);
  });

  test('forgets in a fork, and learns nothing from it', () => {
    const session = sessionOf(plainHost({ confirm: async () => true }));
    session.once(KEY, () => 1);
    const fork = session.fork({ env: { B: '2' }, confirm: undefined });
    expect(fork.once(KEY, () => 2)).toBe(2);
    expect(fork.fork().once(KEY, () => 3)).toBe(3);
    expect(session.once(KEY, () => 4)).toBe(1);
    expect(fork.env).toEqual({ B: '2' });
    expect(fork.cwd).toBe('/');
    expect('confirm' in fork).toBe(false);
    expect(session.fork().confirm).toBeDefined();
  });

  test('asks a host of any class, as its own method, and for the working directory when it is needed', async () => {
    class Surroundings implements Host {
      readonly env = {};
      readonly platform = 'linux';
      readonly #said: string[] = [];
      get cwd(): string {
        throw new Error('it is gone');
      }
      async askSecret(prompt: string): Promise<string> {
        return `${prompt} ${this.#said.join()}`;
      }
      async confirm(): Promise<boolean> {
        return this.#said.length > 0;
      }
      warn(message: string): void {
        this.#said.push(message);
      }
    }
    const session = sessionOf(new Surroundings());
    session.warn('careful');
    expect(await session.askSecret('Well?')).toBe('Well? careful');
    expect(await session.confirm?.('Go on?')).toBe(true);
    expect(() => session.cwd).toThrow('it is gone');
  });
});
