import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cspHash, sha256 } from '../../src/report/sha256.ts';

const hex = (text: string) => Buffer.from(sha256(text)).toString('hex');

test('gives the digests of FIPS 180-4', () => {
  expect(hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(hex('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
});

test.each([54, 55, 56, 63, 64, 65, 119, 120, 100_000])(
  'agrees with node:crypto at %i bytes, around block edges',
  (length) => {
    const text = 'q'.repeat(length);
    expect(hex(text)).toBe(createHash('sha256').update(text).digest('hex'));
  },
);

test('agrees with node:crypto on any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(hex(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
    }),
    { seed: 7, numRuns: 200 },
  );
});

test('writes a policy source as browsers expect it', () => {
  expect(cspHash('alert(1)')).toBe(`'sha256-${createHash('sha256').update('alert(1)').digest('base64')}'`);
});
