import { describe, expect, test } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';

function warnings(text: string): readonly string[] {
  const checked = parseScenario(text, { file: 'f.yaml' });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems, null, 1));
  for (const warning of checked.warnings) {
    expect(warning.severity).toBe('warning');
    expect(warning.hint).not.toBeNull();
  }
  return checked.warnings.map(({ code, where }) => `${where?.line}:${where?.column} ${code}`);
}

/** Lines 1 to 4; the traffic stands in line 4 and the rest from line 5. */
const file = (options: {
  readonly traffic: string;
  readonly rest?: string;
  readonly prompt?: number;
  readonly model?: string;
}) =>
  `name: x\nmodel: ${options.model ?? 'qwen3-max'}\nworkload: { promptTokens: ${options.prompt ?? 20}, maxTokens: 1 }\n` +
  `traffic: [${options.traffic}]\n${options.rest ?? ''}`;
const hold = (rate: string, length = '10s') => `{ hold: { rate: ${rate}, for: ${length} } }`;

describe('a rate equal to the limit', () => {
  test.each([
    ['10/s', true],
    ['600/min', true],
    ['598/min', true],
    ['9.94/s', false],
    ['10.7/s', false],
    ['570/min', false],
  ])('%s: %s', (rate, warns) => {
    expect(warnings(file({ traffic: hold(rate) }))).toEqual(warns ? ['4:27 rate-equals-limit'] : []);
  });

  test('the token limit counts too', () => {
    // 16,666 TPS / 4,000 tokens = 4.17 requests a second.
    expect(warnings(file({ traffic: hold('250/min'), prompt: 4000 }))).toEqual(['4:27 rate-equals-limit']);
    expect(warnings(file({ traffic: hold('240/min'), prompt: 4000 }))).toEqual([]);
  });

  test('a step that lands on the limit is found', () => {
    const steps = (to: string) => `{ steps: { from: 8/s, to: ${to}, by: 2/s, each: 10s } }`;
    expect(warnings(file({ traffic: steps('12/s') }))).toEqual(['4:20 rate-equals-limit']);
    expect(warnings(file({ traffic: steps('9/s') }))).toEqual([]);
  });
});

describe('arrivals on the edges of the window', () => {
  const EDGE = ['4:27 rate-on-window-edge'];
  const onlyMinutes = 'simulator: { limits: { rps: off, rpm: 600 } }\n';

  test.each([
    // against 10 a second
    ['12/s', '10s', '', EDGE],
    ['720/min', '10s', '', EDGE],
    ['15/s', '10s', '', EDGE],
    ['11.7/s', '10s', '', []],
    ['16/s', '10s', '', []],
    ['9/s', '10s', '', []],
    ['12/s', '2s', '', EDGE],
    ['12/s', '1.9s', '', []],
    // against 600 a minute alone
    ['11/s', '120s', onlyMinutes, EDGE],
    ['659.7/min', '120s', onlyMinutes, []],
    ['11/s', '119s', onlyMinutes, []],
    // no limit, no edge
    ['12/s', '10s', 'simulator: { limits: { rps: off, rpm: off } }\n', []],
    // a verification reads the fullest windows
    ['12/s', '120s', 'thresholds: [quota.rps != lower]\nrest: 120s\n', []],
  ])('%s for %s, %s', (rate, length, rest, expected) => {
    const found = warnings(file({ traffic: hold(rate, length), rest }));
    expect(found.filter((each) => each.endsWith('edge'))).toEqual(expected);
  });

  test('arrivals by chance have no edge, and the hint leads off it', () => {
    const poisson = '{ hold: { rate: 12/s, for: 10s, arrivals: poisson } }';
    expect(warnings(file({ traffic: poisson }))).toEqual([]);
    const checked = parseScenario(file({ traffic: hold('12/s') }), { file: 'f.yaml' });
    expect(checked.ok ? checked.warnings.map(({ hint }) => hint) : []).toEqual(['write 11.7/s, or arrivals: poisson']);
  });
});

describe('a journal that will not fit its cap', () => {
  // 100 attempts of 500 bytes and 10 s of 112 bytes.
  test.each([
    ['51120', []],
    ['51119', ['5:28 cap-below-plan']],
  ])('%s bytes: %j', (cap, expected) => {
    const rest = `safety: { maxJournalBytes: ${cap} }\n`;
    expect(warnings(file({ traffic: '{ burst: { requests: 100, over: 10s } }', rest }))).toEqual(expected);
  });

  test('recorded answers need room of their own', () => {
    const rest = 'safety: { maxJournalBytes: 60KB }\n';
    const traffic = '{ burst: { requests: 100, over: 10s } }';
    expect(warnings(file({ traffic, rest }))).toEqual([]);
    expect(warnings(file({ traffic, rest: `${rest}record: bodies\n` }))).toEqual(['5:28 cap-below-plan']);
  });
});

describe('too few samples for a percentile', () => {
  const p95 = 'thresholds: ["ttft.p95 < 2s"]\n';
  test('100 requests are enough for p95', () => {
    expect(warnings(file({ traffic: '{ burst: 100 }', rest: p95 }))).toEqual([]);
  });
  test('99 are not', () => {
    expect(warnings(file({ traffic: '{ burst: 99 }', rest: p95 }))).toEqual(['5:15 too-few-samples']);
  });
  test('only the tagged phase counts', () => {
    const rest = 'thresholds: [\'ttft.p95{phase="hold"} < 2s\']\n';
    expect(warnings(file({ traffic: `{ burst: 100 }, ${hold('2/s')}`, rest }))).toEqual(['5:15 too-few-samples']);
  });
  test('p99.9 needs 5,000', () => {
    const rest = 'safety: { maxInFlight: 6000 }\nthresholds: ["lag.p99.9 < 2s"]\n';
    expect(warnings(file({ traffic: '{ burst: 5000 }', rest }))).toEqual([]);
    expect(warnings(file({ traffic: '{ burst: 4999 }', rest }))).toEqual(['6:15 too-few-samples']);
  });
  test('a closed phase is not judged: its count follows from the answers', () => {
    expect(warnings(file({ traffic: '{ closed: { concurrency: 1, for: 1s } }', rest: p95 }))).toEqual([]);
  });
});

describe('a token test', () => {
  const rest = 'thresholds: ["quota.tpm != lower"]\n';
  test('needs more than 1,667 tokens a request where 600 RPM stand beside 1M TPM', () => {
    expect(warnings(file({ traffic: hold('3/s'), prompt: 1600, rest }))).toEqual(['3:27 small-token-test']);
    expect(warnings(file({ traffic: hold('2/s'), prompt: 1700, rest }))).toEqual([]);
  });
  test('counts the limits of the simulator where refusals are expected', () => {
    const expecting = 'thresholds: ["limited.tokens.count >= 1"]\n';
    expect(warnings(file({ traffic: hold('3/s'), prompt: 500, rest: expecting }))).toEqual(['3:27 small-token-test']);
    const simulator = 'simulator: { limits: { tpm: 10k } }\n';
    expect(warnings(file({ traffic: hold('3/s'), prompt: 500, rest: expecting + simulator }))).toEqual([]);
  });
});

describe('a limit that another one masks', () => {
  const rest = 'thresholds: ["quota.rpm == as_documented"]\n';
  test('600 RPM behind 10 RPS cannot be seen', () => {
    expect(warnings(file({ traffic: hold('2/s'), rest }))).toEqual(['5:14 masked-limit']);
  });
  test('"not lower" can be asked', () => {
    expect(warnings(file({ traffic: hold('2/s'), rest: rest.replace('== as_documented', '!= lower') }))).toEqual([]);
  });
  test('it can be seen where the second is off, or looser', () => {
    expect(warnings(file({ traffic: hold('2/s'), rest: `${rest}simulator: { limits: { rps: off } }\n` }))).toEqual([]);
    expect(warnings(file({ traffic: hold('2/s'), rest: `${rest}quota: { rpm: 600, rps: 20 }\n` }))).toEqual([]);
  });
  test('tokens are alike, rounding of TPS allowed for', () => {
    const tokens = 'thresholds: ["quota.tpm == as_documented"]\n';
    expect(warnings(file({ traffic: hold('1/s'), prompt: 3000, rest: tokens }))).toEqual(['5:14 masked-limit']);
  });
});

describe('a verification', () => {
  const verify = 'thresholds: ["quota.rpm != lower"]\n';
  const real = 'target: dashscope-intl\naccount: { exclusive: yes }\nrest: 120s\n';
  const drained = `${hold('20/s', '75s')}, ${hold('11/s', '180s')}`;

  test('that follows the protocol has no warnings', () => {
    const traffic = `${drained}, { pause: 120s }, ${hold('570/min', '180s')}`;
    expect(warnings(file({ traffic, rest: verify + real }))).toEqual([]);
  });
  test('needs a rest of two windows on a real account', () => {
    expect(warnings(file({ traffic: drained, rest: verify + real.replace('120s', '119s') }))).toEqual(['8:7 no-rest']);
  });
  test('needs none on a simulated account, which has no history', () => {
    expect(warnings(file({ traffic: drained, rest: verify }))).toEqual([]);
  });
  test('says when the account may have other traffic', () => {
    const rest = verify + real.replace('yes', 'unknown');
    expect(warnings(file({ traffic: drained, rest }))).toEqual(['7:23 account-not-exclusive']);
  });
  test('needs a rest between refusals and the clean hold', () => {
    const traffic = `${drained}, { pause: 119s }, ${hold('570/min', '180s')}`;
    expect(warnings(file({ traffic, rest: verify }))).toMatchObject([expect.stringMatching(/no-rest$/)]);
  });
  test('needs holds longer than a window', () => {
    const short = `${hold('20/s', '75s')}, ${hold('11/s', '119s')}`;
    expect(warnings(file({ traffic: short, rest: verify }))).toMatchObject([expect.stringMatching(/short-hold$/)]);
    expect(warnings(file({ traffic: short.replace('119s', '120s'), rest: verify }))).toEqual([]);
  });
  test('needs a drain before a hold just above the limit', () => {
    expect(warnings(file({ traffic: hold('11/s', '180s'), rest: verify }))).toEqual(['4:11 no-drain']);
    // 10 minutes at 1.1 times use the credit up by themselves; one window more shows it.
    expect(warnings(file({ traffic: hold('11/s', '660s'), rest: verify }))).toEqual([]);
    expect(warnings(file({ traffic: `${hold('20/s', '40s')}, ${hold('11/s', '180s')}`, rest: verify }))).toEqual([
      expect.stringMatching(/no-drain$/),
    ]);
  });
  test('of the burst guard has no number to be held against', () => {
    expect(warnings(file({ traffic: hold('2/s'), rest: 'thresholds: ["quota.burst != lower"]\n' }))).toEqual([
      '5:15 undocumented-quota',
    ]);
  });
});

describe('caps and windows', () => {
  test('a burst larger than what may be in flight', () => {
    expect(warnings(file({ traffic: '{ burst: 200 }' }))).toEqual([]);
    expect(warnings(file({ traffic: '{ burst: 201 }' }))).toEqual(['4:20 burst-over-in-flight']);
  });
  test.each([
    ['maxRequests', '99', '100'],
    ['maxTokens', '2099', '2100'],
    // 100 x (20 x $1.20 + 1 x $6.00) / 1M = $0.003
    ['maxCost', '$0.0029', '$0.0031'],
    ['maxDuration', '19s', '20s'],
  ])('%s below the plan', (key, below, enough) => {
    const text = (cap: string) => file({ traffic: hold('5/s', '20s'), rest: `safety: { ${key}: ${cap} }\n` });
    const column = 'safety: { '.length + key.length + 3;
    expect(warnings(text(below))).toEqual([`5:${column} cap-below-plan`]);
    expect(warnings(text(enough))).toEqual([]);
  });
  test('turns carry what was said before', () => {
    const text = (cap: number) =>
      file({ traffic: '{ burst: 1 }', rest: `safety: { maxTokens: ${cap} }\n` }).replace(
        'maxTokens: 1 }',
        'maxTokens: 1, turns: { count: 3 } }',
      );
    // Prompts 20 + 41 + 62, answers 3.
    expect(warnings(text(126))).toEqual([]);
    expect(warnings(text(125))).toEqual(['5:22 cap-below-plan']);
  });
  test('prompts beyond the length that the list price holds for', () => {
    const own = 'target: { preset: dashscope-intl, price: { input: $3, output: $15 } }\n';
    expect(warnings(file({ traffic: '{ burst: 1 }', prompt: 32_768 }))).toEqual([]);
    expect(warnings(file({ traffic: '{ burst: 1 }', prompt: 32_769 }))).toEqual(['3:27 price-range']);
    expect(warnings(file({ traffic: '{ burst: 1 }', prompt: 32_769, rest: own }))).toEqual([]);
  });
  test('a window longer than its phase', () => {
    const rest = (window: string) => `thresholds: ["goodput.rate over ${window} >= 1/s"]\n`;
    expect(warnings(file({ traffic: hold('2/s'), rest: rest('10s') }))).toEqual([]);
    expect(warnings(file({ traffic: hold('2/s'), rest: rest('11s') }))).toEqual(['5:15 window-too-long']);
  });
  test('a client that gives up before the server answers', () => {
    const rest = (wait: string) =>
      `target: { preset: dashscope-intl, waitTimeout: ${wait} }\ntimeouts: { firstByte: 60s }\n`;
    expect(warnings(file({ traffic: hold('2/s'), rest: rest('59s') }))).toEqual([]);
    expect(warnings(file({ traffic: hold('2/s'), rest: rest('60s') }))).toEqual(['6:24 timeout-below-wait']);
  });
  test('a refusal that is expected and stops the run', () => {
    const rest = 'thresholds: ["limited.free_quota.count >= 1"]\n';
    expect(warnings(file({ traffic: hold('2/s'), rest }))).toEqual(['5:15 stop-on-expected']);
    expect(warnings(file({ traffic: hold('2/s'), rest: `${rest}safety: { stopOn: [auth] }\n` }))).toEqual([]);
  });
  test('a model without published limits leaves the simulator without limits', () => {
    expect(warnings(file({ traffic: hold('2/s'), model: 'qwen3-mex' }))).toEqual(['2:8 unknown-model']);
  });
});
