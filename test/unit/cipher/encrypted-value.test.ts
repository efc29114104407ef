import { describe, expect, test } from 'vitest';
import { formatEncryptedValue, parseEncryptedValue } from '../../../src/cipher/encrypted-value.js';

const IV = 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=';
const TAG = 'h8zBDdgdQgW8Eo+djelRPA==';
const whole = { data: '0cHFi7Y=', iv: IV, tag: TAG, type: 'str' };
const text = `ENC[AES256_GCM,data:0cHFi7Y=,iv:${IV},tag:${TAG},type:str]`;

test('format and parse are inverse', () => {
  expect(formatEncryptedValue(whole)).toBe(text);
  expect(parseEncryptedValue(text)).toEqual(whole);
});

describe('accepted as SOPS accepts it', () => {
  test.each([
    ['text behind the last bracket', `${text}junk`, whole],
    ['a line break behind it', `${text}\n`, whole],
    ['more lines', `${text}\nENC[]]]`, whole],
    ['a short IV', text.replace(IV, 'AQ=='), { ...whole, iv: 'AQ==' }],
    ['a bracket in the type', `${text}]`, { ...whole, type: 'str]' }],
    ['a mark in the type', text.replace('str', 'a,tag:b'), { ...whole, type: 'a,tag:b' }],
    ['a type with blanks', text.replace('str', 'no such type'), { ...whole, type: 'no such type' }],
  ])('%s', (_, input, expected) => {
    expect(parseEncryptedValue(input)).toEqual(expected);
  });
});

describe('refused', () => {
  test.each([
    ['something before it', ` ${text}`],
    ['another order', `ENC[AES256_GCM,iv:${IV},data:0cHFi7Y=,tag:${TAG},type:str]`],
    ['no bracket', text.slice(0, -1)],
    ['a line break inside', text.replace(',tag', '\n,tag')],
    ['an empty part', text.replace('0cHFi7Y=', '')],
    ['an empty type', text.replace('str', '')],
    ['no tag', text.replace(`,tag:${TAG}`, '')],
    ['missing padding', text.replace('0cHFi7Y=', '0cHFi7Y')],
    ['base64 of the other alphabet', text.replace('0cHFi7Y=', '0cH-i_Y=')],
    ['a second value on the line', `${text} ${text}`],
    ['a lower-case mark', text.toLowerCase()],
    ['another cipher', text.replace('AES256_GCM', 'AES128_GCM')],
    ['the empty text', ''],
  ])('%s', (_, input) => {
    expect(parseEncryptedValue(input)).toBeNull();
  });

  test('long hostile texts take linear time', () => {
    const started = performance.now();
    for (const part of [',iv:', ',tag:', ',type:', 'A', ']', '=']) {
      expect(parseEncryptedValue(`ENC[AES256_GCM,data:${part.repeat(200_000)}`)).toBeNull();
    }
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
