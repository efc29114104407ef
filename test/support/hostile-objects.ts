/** Objects that no code should meet, and that a library must not fall over. */

/** What throws whatever is done with it. */
export function throwing(message = 'x'): never {
  const fail = (): never => {
    throw new Error(message);
  };
  return new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail }) as never;
}

export function revoked(of: object): never {
  const { proxy, revoke } = Proxy.revocable(of, {});
  revoke();
  return proxy as never;
}
