/** What each kind of change on two sides of a merge comes to, as plaintexts (docs/merging.md). */

/** Three plaintexts, and what becomes of them. */
export interface MergeCase {
  readonly name?: string;
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  /** The plaintext of a clean merge. */
  readonly merged?: string;
  /** With theirs and ours the other way round, if that is another text. */
  readonly mirrored?: string;
  /** The plaintexts of the sides of a conflict. */
  readonly sides?: readonly [ours: string, theirs: string];
  readonly said?: string;
}

const LISTS = 'hosts:\n  - a\n  - b\n  - c\n  - d\n';
const NAMED = 'users:\n  - name: ann\n    key: 1\n  - name: ben\n    key: 2\n  - name: cat\n    key: 3\n';
const PAIR = 'one: 1\ntwo: 2\nthree: 3\n';

export const MERGE_CASES: Readonly<Record<string, MergeCase>> = {
  'a type is a value: 1 and "1"': { base: 'a: 2\n', ours: 'a: 1\n', theirs: 'a: "1"\n', sides: ['a: 1\n', 'a: "1"\n'] },
  'keys at the same place: both, ours first, with their comments': {
    base: 'a: 1\n',
    ours: 'a: 1\n# mine\nb: 2\n',
    theirs: 'a: 1\n# yours\nc: 3\n',
    merged: 'a: 1\n# mine\nb: 2\n# yours\nc: 3\n',
    mirrored: 'a: 1\n# yours\nc: 3\n# mine\nb: 2\n',
  },
  'lists: added at either end, one taken out, one changed': {
    base: LISTS,
    ours: 'hosts:\n  - new\n  - a\n  - c\n  - d\n',
    theirs: 'hosts:\n  - a\n  - b\n  - C\n  - d\n  - last\n',
    merged: 'hosts:\n  - new\n  - a\n  - C\n  - d\n  - last\n',
  },
  'lists: a hunk that both changed, not the list': {
    base: LISTS,
    ours: 'hosts:\n  - a\n  - b\n  - c\n  - d\n  - x\n',
    theirs: 'hosts:\n  - A\n  - b\n  - c\n  - d\n  - w\n',
    sides: ['hosts:\n  - A\n  - b\n  - c\n  - d\n  - x\n', 'hosts:\n  - A\n  - b\n  - c\n  - d\n  - w\n'],
    said: 'hosts.4',
  },
  'lists of maps are merged by name': {
    base: NAMED,
    ours: NAMED.replace('key: 2', 'key: 22').replace('  - name: ann\n    key: 1\n', ''),
    theirs: NAMED.replace('key: 3', 'key: 33').replace('key: 2', 'key: 2\n    mail: b@x'),
    merged: 'users:\n  - name: ben\n    key: 22\n    mail: b@x\n  - name: cat\n    key: 33\n',
  },
  'taken out and untouched: out': {
    base: PAIR,
    ours: 'one: 1\nthree: 3\n',
    theirs: PAIR.replace('1', '9'),
    merged: 'one: 9\nthree: 3\n',
  },
  'taken out and changed: a conflict': {
    base: PAIR,
    ours: 'one: 1\nthree: 3\n',
    theirs: PAIR.replace('2', '9'),
    sides: ['one: 1\nthree: 3\n', 'one: 1\ntwo: 9\nthree: 3\n'],
  },
  'a map taken out and changed within: a conflict of the map': {
    base: 'db:\n  a: 1\n  b: 2\nport: 1\n',
    ours: 'port: 1\n',
    theirs: 'db:\n  a: 1\n  b: 3\nport: 1\n',
    sides: ['port: 1\n', 'db:\n  a: 1\n  b: 3\nport: 1\n'],
    said: 'db',
  },
  'the order of one side, the values of the other': {
    base: PAIR,
    ours: 'three: 3\none: 1\ntwo: 2\n',
    theirs: 'one: 11\ntwo: 22\nthree: 33\n',
    merged: 'three: 33\none: 11\ntwo: 22\n',
  },
  'the indentation and quotes of one side, the values of the other': {
    base: 'db:\n  a: x\n  b: y\nport: z\n',
    ours: "db:\n    a: 'x'\n    b: 'y'\n\nport: z\n",
    theirs: 'db:\n  a: new\n  b: y\nport: other\nadded: 1\n',
    merged: "db:\n    a: new\n    b: 'y'\n\nport: other\nadded: 1\n",
  },
  'the line ends of one side, the values of the other': {
    base: PAIR,
    ours: PAIR.replaceAll('\n', '\r\n'),
    theirs: PAIR.replace('2', '22'),
    merged: PAIR.replace('2', '22').replaceAll('\n', '\r\n'),
  },
  'a comment changed on one side, the value on the other': {
    base: '# old\na: 1\nb: 2\n',
    ours: '# new\na: 1\nb: 2\n',
    theirs: '# old\na: 3\nb: 2\n',
    merged: '# new\na: 3\nb: 2\n',
  },
  'a comment changed on both sides: both lines, ours first': {
    base: '# old\na: 1\nb: 2\n',
    ours: '# mine\na: 1\nb: 2\n',
    theirs: '# yours\na: 1\nb: 2\n',
    merged: '# mine\n# yours\na: 1\nb: 2\n',
    mirrored: '# yours\n# mine\na: 1\nb: 2\n',
    said: 'a comment',
  },
  'values and keys that are not encrypted': {
    base: 'a_unencrypted: 1\nb: 1\n',
    ours: 'a_unencrypted: 2\nb: 1\n',
    theirs: 'a_unencrypted: 1\nb: 2\n',
    merged: 'a_unencrypted: 2\nb: 2\n',
  },
  'several documents': {
    base: 'a: 1\n---\nb: 1\n',
    ours: 'a: 2\n---\nb: 1\n',
    theirs: 'a: 1\n---\nb: 2\n---\nc: 3\n',
    merged: 'a: 2\n---\nb: 2\n---\nc: 3\n',
  },
  'block scalars': {
    base: 'a: |\n  one\n  two\nb: 1\n',
    ours: 'a: |\n  one\n  2\nb: 1\n',
    theirs: 'a: |\n  one\n  two\nb: 2\n',
    merged: 'a: |\n  one\n  2\nb: 2\n',
  },
  'lines of a binary file': {
    name: 'notes.txt',
    base: 'one\ntwo\nthree\nfour\n',
    ours: 'ONE\ntwo\nthree\nfour\n',
    theirs: 'one\ntwo\nthree\nFOUR\n',
    merged: 'ONE\ntwo\nthree\nFOUR\n',
  },
  'lines of a binary file that touch': {
    name: 'notes.txt',
    base: 'one\ntwo\nthree\n',
    ours: 'ONE\ntwo\nthree\n',
    theirs: 'one\nTWO\nthree\n',
    sides: ['ONE\ntwo\nthree\n', 'one\nTWO\nthree\n'],
  },
  'dotenv with a key that stands there twice': {
    name: 'x.env',
    base: 'A=1\nA=2\nB=1\n',
    ours: 'A=1\nA=3\nB=1\n',
    theirs: 'A=1\nA=2\nB=2\nC=1\n',
    merged: 'A=1\nA=3\nB=2\nC=1\n',
  },
  'JSON where both add the last key': {
    name: 'x.json',
    base: '{\n  "a": 1\n}\n',
    ours: '{\n  "a": 1,\n  "b": 5\n}\n',
    theirs: '{\n  "a": 2,\n  "c": {}\n}\n',
    merged: '{\n  "a": 2,\n  "b": 5,\n  "c": {}\n}\n',
    mirrored: '{\n  "a": 2,\n  "c": {},\n  "b": 5\n}\n',
  },
  'INI: a comment goes with the key below it': {
    name: 'x.ini',
    base: '[a]\n; of one\none = 1\ntwo = 2\nthree = 3\n',
    ours: '[a]\n; of one\none = 1\nthree = 3\n',
    theirs: '[a]\n; of the first\none = 1\ntwo = 2\nthree = 33\n',
    merged: '[a]\n; of the first\none = 1\nthree = 33\n',
  },
  'INI: the lines of a comment that both sides changed': {
    name: 'x.ini',
    base: '[a]\n; of one\none = 1\ntwo = 2\n',
    ours: '[a]\n; of one\n; mine\none = 1\ntwo = 2\n',
    theirs: '[a]\n; of one\n; yours\none = 1\ntwo = 22\n',
    merged: '[a]\n; of one\n; mine\n; yours\none = 1\ntwo = 22\n',
    mirrored: '[a]\n; of one\n; yours\n; mine\none = 1\ntwo = 22\n',
    said: 'a comment',
  },
  'INI: sections where each side has them, comments on one, values on the other': {
    name: 'x.ini',
    base: '\n[a]\none = 1\n\n[z]\ntwo = 2\nthree = 3\n',
    ours: '\n[a]\none = 1\n\n[mine]\nfour = 4\n\n; of z\n[z]\nthree = 3\n',
    theirs: '\n[a]\none = 1\n\n[yours]\nfive = 5\n\n[z]\n; of two\ntwo = 2\nthree = 33\n',
    merged: '\n[a]\none = 1\n\n[mine]\nfour = 4\n\n[yours]\nfive = 5\n\n; of z\n[z]\nthree = 33\n',
    mirrored: '\n[a]\none = 1\n\n[yours]\nfive = 5\n\n[mine]\nfour = 4\n\n; of z\n[z]\nthree = 33\n',
    said: 'comments that one side wrote',
  },
  'a comment above an item of a list that the other side changed among others': {
    base: 'hosts:\n  - a: 1\n',
    ours: 'hosts:\n  # mine\n  - a: 1\n',
    theirs: 'hosts:\n  - a: 2\n  - b: 3\n',
    merged: 'hosts:\n  # mine\n  - a: 2\n  - b: 3\n',
  },
  'a comment on what the other side took out goes with it, which is told': {
    base: 'a: 1\nb: 2\nc: 3\n',
    ours: 'a: 1\nc: 33\n',
    theirs: 'a: 1\n# yours\nb: 2\nc: 3\n',
    merged: 'a: 1\nc: 33\n',
    said: 'comments that one side wrote',
  },
  'entries that both add within brackets, beside others that are gone': {
    base: "k: {a: x, b: y}\nc: 'z'\nd: w\ne: 'v'\n",
    ours: "k: {a: x, new: m, b: q}\nd: w\ne: 'v'\n",
    theirs: "k: {a: x, o: p, b: y}\nc: 'z'\ne: 'v'\n",
    merged: "k: {a: x, new: m, o: p, b: q}\ne: 'v'\n",
    mirrored: "k: {a: x, o: p, new: m, b: q}\ne: 'v'\n",
  },
  'entries with comments, added in the middle of what the other side changed around them': {
    base: "a: '1'\nb:\n  c: '2'\n  d: '3'\n  e: '4'\n",
    ours: "a: '1'\nb:\n  # of c\n  c: '5'\n  e: '4'\n",
    theirs: "a: '1'\nb:\n  c: '2'\n  # of new\n  new:\n    # of o\n    o: x\n  d: '3'\n  e: '6'\n",
    merged: "a: '1'\nb:\n  # of c\n  c: '5'\n  # of new\n  new:\n    # of o\n    o: x\n  e: '6'\n",
  },
  'lists of maps without names: one changed on both sides, beside which one side added another': {
    base: 'rules:\n  - host: a\n    port: 1\n    path: x\n    user: u\n',
    ours: 'rules:\n  - host: a\n    port: 2\n    path: x\n    user: u\n  - host: b\n    port: 3\n',
    theirs: 'rules:\n  - host: a\n    port: 1\n    path: y\n    user: u\n',
    merged: 'rules:\n  - host: a\n    port: 2\n    path: y\n    user: u\n  - host: b\n    port: 3\n',
  },
  'an item that one side moves into a conflict': {
    base: 'hosts:\n  - a\n  - b\n  - c\n  - d\n',
    ours: 'hosts:\n  - a\n  - mine\n  - c\n  - d\n',
    theirs: 'hosts:\n  - a\n  - d\n  - yours\n  - c\n',
    sides: ['hosts:\n  - a\n  - mine\n  - c\n  - d\n', 'hosts:\n  - a\n  - d\n  - yours\n  - c\n'],
  },
  'an item that one side moves out of a conflict': {
    base: 'hosts:\n  - a\n  - b\n  - c\n  - d\n',
    ours: 'hosts:\n  - a\n  - b\n  - mine\n  - d\n',
    theirs: 'hosts:\n  - a\n  - yours\n  - d\n  - b\n',
    sides: ['hosts:\n  - a\n  - b\n  - mine\n  - d\n', 'hosts:\n  - a\n  - yours\n  - d\n  - b\n'],
  },
  'items that one side swaps, one of which the other changes': {
    base: 'hosts:\n  - a\n  - b\n  - c\n  - d\n',
    ours: 'hosts:\n  - mine\n  - b\n  - c\n  - d\n',
    theirs: 'hosts:\n  - d\n  - b\n  - c\n  - a\n',
    sides: ['hosts:\n  - mine\n  - b\n  - c\n  - d\n', 'hosts:\n  - d\n  - b\n  - c\n  - a\n'],
  },
  'an item that one side moves and the other changes, by its name': {
    base: 'users:\n  - name: a\n    key: 1\n  - name: b\n    key: 2\n  - name: c\n    key: 3\n',
    ours: 'users:\n  - name: a\n    key: 1\n  - name: b\n    key: 2\n  - name: c\n    key: 33\n',
    theirs: 'users:\n  - name: c\n    key: 3\n  - name: a\n    key: 1\n  - name: b\n    key: 2\n',
    sides: [
      'users:\n  - name: a\n    key: 1\n  - name: b\n    key: 2\n  - name: c\n    key: 33\n',
      'users:\n  - name: c\n    key: 3\n  - name: a\n    key: 1\n  - name: b\n    key: 2\n',
    ],
  },
  'a value that one side moves into another map and the other changes': {
    base: 'db:\n  password: hunter2\n  host: h\napp:\n  port: 1\n',
    ours: 'db:\n  host: h\napp:\n  port: 1\n  password: hunter2\n',
    theirs: 'db:\n  password: other\n  host: h\napp:\n  port: 1\n',
    sides: [
      'db:\n  host: h\napp:\n  port: 1\n  password: hunter2\n',
      'db:\n  password: other\n  host: h\napp:\n  port: 1\n',
    ],
  },
  'an item that one side moves into another list, into a conflict': {
    base: 'users:\n  - ann\n  - ben\nadmins:\n  - cat\n',
    ours: 'users:\n  - ben\nadmins:\n  - ann\n',
    theirs: 'users:\n  - ann\n  - ben\nadmins:\n  - dan\n',
    sides: ['users:\n  - ben\nadmins:\n  - ann\n', 'users:\n  - ann\n  - ben\nadmins:\n  - dan\n'],
  },
  'a map that one side moves out of a list, and the other changes': {
    base: 'users:\n  - name: a\n    key: 1\n  - name: b\n    key: 2\nold: []\n',
    ours: 'users:\n  - name: b\n    key: 2\nold:\n  - name: a\n    key: 1\n',
    theirs: 'users:\n  - name: a\n    key: 3\n  - name: b\n    key: 2\nold: []\n',
    sides: [
      'users:\n  - name: b\n    key: 2\nold:\n  - name: a\n    key: 1\n',
      'users:\n  - name: a\n    key: 3\n  - name: b\n    key: 2\nold: []\n',
    ],
  },
  'a value that both sides move, each into another map': {
    base: 'one:\n  password: hunter2\n  a: 1\ntwo:\n  a: 1\nthree:\n  a: 1\n',
    ours: 'one:\n  a: 1\ntwo:\n  a: 1\n  password: hunter2\nthree:\n  a: 1\n',
    theirs: 'one:\n  a: 1\ntwo:\n  a: 1\nthree:\n  a: 1\n  password: hunter2\n',
    merged: 'one:\n  a: 1\ntwo:\n  a: 1\n  password: hunter2\nthree:\n  a: 1\n  password: hunter2\n',
    said: 'both sides moved one value, each to another place: it is in both',
  },
};
