import { expect, test } from 'vitest';
import { accountIn, findAccount } from '../../../src/exec/account.js';

const LINES = 'root:x:0:0:root:/root:/bin/bash\nweb:x:33:34::/var/www:/sbin/nologin\n+\nodd:x:::/:/bin/sh\n';

test.each([
  [LINES, 'web', { name: 'web', userId: 33, groupId: 34, home: '/var/www' }],
  [LINES, '33', { name: 'web', userId: 33, groupId: 34, home: '/var/www' }],
  [LINES, 'we', null],
  [LINES, 'odd', null],
  ['amy:*:501:20::0:0:Amy:/Users/amy:/bin/zsh\n', 'amy', { name: 'amy', userId: 501, groupId: 20, home: '/Users/amy' }],
])('accounts in %j: %s', (text, name, account) => {
  expect(accountIn(text, name)).toEqual(account);
});

test.each(['', '-P', 'a:b', 'no such account'])('%j is not an account', async (name) => {
  const host = {
    env: {},
    cwd: '/',
    platform: process.platform,
    askSecret: () => Promise.reject(),
    warn: () => undefined,
  };
  expect(await findAccount(name, host)).toBeNull();
});
