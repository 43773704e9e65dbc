import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { type HostAddresses, hostAddresses } from '../../src/drivers/resolve-host.ts';

const four = (last: number): LookupAddress => ({ address: `192.0.2.${last}`, family: 4 });
const six = (last: number): LookupAddress => ({ address: `2001:db8::${last}`, family: 6 });

type Answer = readonly LookupAddress[] | NodeJS.ErrnoException;

/** A resolver that counts its questions and answers when told to. */
function resolver(answer: (question: number) => Answer) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  let nowMs = 0;
  const addresses = hostAddresses({
    nowMs: () => nowMs,
    resolve(hostname, onResolved) {
      asked.push(hostname);
      const question = asked.length;
      waiting.push(() => {
        const given = answer(question);
        if (given instanceof Error) onResolved(given, []);
        else onResolved(null, given);
      });
    },
  });
  return {
    addresses,
    asked,
    at: (ms: number) => {
      nowMs = ms;
    },
    /** Answers what was asked so far. */
    reply: () => {
      for (const each of waiting.splice(0)) each();
    },
  };
}

const all = ({ lookup }: HostAddresses, hostname = 'host') =>
  new Promise<readonly string[]>((resolve, reject) => {
    lookup(hostname, { all: true }, (error, found) =>
      error === null ? resolve((found as LookupAddress[]).map(({ address }) => address)) : reject(error),
    );
  });

describe('addresses of a host', () => {
  test('are asked for once, whoever waits for them or comes later', async () => {
    const { addresses, asked, reply } = resolver(() => [four(1)]);
    const early = Array.from({ length: 300 }, () => all(addresses));
    expect(asked).toEqual(['host']);
    reply();
    expect(new Set((await Promise.all(early)).flat())).toEqual(new Set(['192.0.2.1']));
    expect(await all(addresses)).toEqual(['192.0.2.1']);
    expect(asked).toHaveLength(1);
  });

  test('of another host are another question', async () => {
    const { addresses, asked, reply } = resolver((question) => [four(question)]);
    const both = [all(addresses, 'a'), all(addresses, 'b'), all(addresses, 'a')];
    reply();
    expect(await Promise.all(both)).toEqual([['192.0.2.1'], ['192.0.2.2'], ['192.0.2.1']]);
    expect(asked).toEqual(['a', 'b']);
  });

  test('are taken in turn, each family by itself and in the order of the system', async () => {
    const { addresses, reply } = resolver(() => [six(1), six(2), four(1), four(2), four(3)]);
    const first = all(addresses);
    reply();
    const turns = [await first, await all(addresses), await all(addresses)];
    expect(turns.map((turn) => turn.map((address) => `${address.includes(':') ? 6 : 4}.${address.slice(-1)}`))).toEqual(
      [
        ['6.1', '6.2', '4.1', '4.2', '4.3'],
        ['6.2', '6.1', '4.2', '4.3', '4.1'],
        ['6.1', '6.2', '4.3', '4.1', '4.2'],
      ],
    );
  });

  test('are given one at a time, or of one family, where that is asked', async () => {
    const { addresses, reply } = resolver(() => [six(1), four(1)]);
    const one = new Promise((resolve) =>
      addresses.lookup('host', { family: 4 }, (_, address, family) => resolve([address, family])),
    );
    reply();
    expect(await one).toEqual(['192.0.2.1', 4]);
  });

  test('of a family that the host does not have are not found', async () => {
    const { addresses, reply } = resolver(() => [four(1)]);
    const none = new Promise((resolve) => addresses.lookup('host', { family: 6 }, (error) => resolve(error)));
    reply();
    expect(await none).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
  });

  test('are asked for again once forgotten', async () => {
    const { addresses, asked, reply } = resolver((question) => [four(question)]);
    const first = all(addresses);
    reply();
    await first;
    addresses.forget();
    const second = all(addresses);
    reply();
    expect(await second).toEqual(['192.0.2.2']);
    expect(asked).toHaveLength(2);
  });

  test('that were forgotten while they were asked for serve those who waited, and nobody else', async () => {
    const { addresses, asked, reply } = resolver((question) => [four(question)]);
    const before = all(addresses);
    addresses.forget();
    const after = all(addresses);
    expect(asked).toHaveLength(2);
    reply();
    expect([await before, await after, await all(addresses)]).toEqual([['192.0.2.1'], ['192.0.2.2'], ['192.0.2.2']]);
  });

  test.each([
    [59_999, 1],
    [60_000, 2],
  ])('%i ms later %i questions were asked', async (laterMs, questions) => {
    const { addresses, asked, at, reply } = resolver(() => [four(1)]);
    const first = all(addresses);
    reply();
    await first;
    at(laterMs);
    const later = all(addresses);
    reply();
    await later;
    expect(asked).toHaveLength(questions);
  });

  test.each([
    [999, 1],
    [1000, 2],
  ])('that do not connect %i ms after they were given: %i questions', async (laterMs, questions) => {
    const { addresses, asked, at, reply } = resolver(() => [four(1)]);
    const first = all(addresses);
    reply();
    await first;
    at(laterMs);
    addresses.distrust();
    const later = all(addresses);
    reply();
    await later;
    expect(asked).toHaveLength(questions);
  });

  test('a failure is told to everybody who waits, and not kept', async () => {
    const failure = Object.assign(new Error('getaddrinfo EAI_AGAIN host'), { code: 'EAI_AGAIN' });
    const { addresses, asked, reply } = resolver((question) => (question === 1 ? failure : [four(1)]));
    const early = Promise.allSettled([all(addresses), all(addresses)]);
    reply();
    expect((await early).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const later = all(addresses);
    reply();
    expect(await later).toEqual(['192.0.2.1']);
    expect(asked).toHaveLength(2);
  });
});
