import { describe, expect, test } from 'vitest';
import { exitCode, overallVerdict } from '../../src/analysis/verdict.ts';
import type { Finding, FindingVerdict } from '../../src/model/finding.ts';
import { threshold } from './fixture.ts';
import { analysed } from './fold.ts';
import { manifest, variant } from './manifest.ts';
import { journal, limited, type Shot } from './records.ts';

const finding = (kind: Finding['kind'], verdict: FindingVerdict): Finding => ({
  id: kind,
  kind,
  claim: '',
  verdict,
  result: null,
  estimate: null,
  evidence: [],
  why: '',
  subject: null,
  variant: null,
});

describe('the verdict of a run', () => {
  test.each([
    [[finding('threshold', 'holds')], 'holds'],
    [[finding('threshold', 'holds'), finding('threshold', 'inconclusive')], 'inconclusive'],
    [[finding('threshold', 'violated'), finding('threshold', 'inconclusive')], 'violated'],
    [[finding('claim', 'violated')], 'violated'],
    [[finding('quota', 'violated')], 'violated'],
    [[finding('quota', 'inconclusive')], 'holds'],
    [[finding('generator', 'inconclusive')], 'inconclusive'],
    [[finding('observation', 'violated')], 'holds'],
    [[], 'holds'],
  ] as const)('case %#', (findings, verdict) => {
    expect(overallVerdict(findings)).toBe(verdict);
  });
});

test.each([
  ['violated', { kind: 'safety', rule: 'journal', detail: 'ENOSPC' }, 5],
  ['violated', { kind: 'interrupted' }, 130],
  ['violated', { kind: 'killed' }, 130],
  ['violated', { kind: 'safety', rule: 'maxCost', detail: '' }, 4],
  ['violated', { kind: 'completed' }, 1],
  ['inconclusive', { kind: 'completed' }, 3],
  ['holds', { kind: 'completed' }, 0],
] as const)('%s after %o exits with %i', (verdict, stop, code) => {
  expect(exitCode(verdict, stop)).toBe(code);
});

const shots = Array.from({ length: 20 }, (_, seq): Shot => ({ seq, sentMs: seq * 1000 }));

test('a violated threshold exits with 1, the same one on enough room with 0', () => {
  const run = (text: string) => analysed(journal(shots), { manifest: manifest({ thresholds: [threshold(text)] }) });
  expect(run('not_sent.count < 20').exitCode).toBe(0);
  expect(run('lost.count > 0')).toMatchObject({ verdict: 'violated', exitCode: 1 });
});

describe('caveats', () => {
  const caveatsOf = (options: Parameters<typeof manifest>[0]) =>
    analysed(journal(shots), { manifest: manifest(options) }).caveats.join('\n');
  const real = variant({ isSimulator: false, simulator: null });

  test('a real account that is not exclusive is measured under the traffic present', () => {
    const account = { exclusive: 'unknown', region: 'ap-southeast-1', workspace: 'default' } as const;
    expect(caveatsOf({ variants: [real], scenario: { account } })).toContain('under the traffic present');
    expect(caveatsOf({ variants: [real] })).not.toContain('under the traffic present');
  });

  test('a forecast says that nothing was sent, and names its limiter', () => {
    const found = caveatsOf({ variants: [real], over: { kind: 'forecast', forecastLimiter: 'sliding log' } });
    expect(found).toContain('A forecast: nothing was sent');
    expect(found).toContain('sliding log');
    expect(found).not.toContain('time of day');
  });

  test('a simulator run says that it is one', () => {
    expect(caveatsOf({})).toContain('says nothing about a real account');
  });

  test('the retries of the SDK itself are named, live and modelled; none are not', () => {
    const sdk = { driver: 'openai', sdkRetries: 2 } as const;
    expect(caveatsOf({ variants: [variant(sdk)] })).toContain(
      'OpenAI SDK with its own retries (up to 2 retries a request',
    );
    expect(caveatsOf({ variants: [variant({ ...sdk, sdkRetries: 1 })] })).toContain('up to 1 retry a request');
    expect(caveatsOf({ variants: [variant({ ...sdk, driver: 'simulated' })] })).toContain(
      'are modelled after its source',
    );
    expect(caveatsOf({ variants: [variant({ driver: 'openai' })] })).not.toContain('its own retries');
  });

  test('a server that queues burst refusals is named', () => {
    expect(caveatsOf({ variants: [variant({ waitTimeoutMs: 30_000 })] })).toContain('for up to 30 s');
  });
});

describe('observations', () => {
  const observed = (found: readonly Shot[]) =>
    analysed(journal(found, 200_000))
      .findings.filter(({ kind }) => kind === 'observation')
      .map(({ claim }) => claim);
  const recovering = (outcome: Shot['outcome']): Shot[] => {
    const at = (seq: number, sentMs: number): Shot => {
      return outcome !== undefined && sentMs < 41_000 ? { seq, sentMs, outcome } : { seq, sentMs };
    };
    return [at(0, 0), ...Array.from({ length: 110 }, (_, step) => at(1 + step, 1000 + step * 1000))];
  };

  test('an unknown refusal that heals within a minute was no bill', () => {
    const unknown = limited('unknown', { candidates: ['tokens', 'billing'] });
    expect(observed(recovering(unknown))).toEqual([
      'Recovered after 41 s: unknown',
      'The unknown refusal recovered within a minute: tokens rather than billing',
    ]);
  });

  test.each([
    [1000, true],
    [20_000, true],
    [20_500, false],
    [82_000, false],
    [83_000, true],
  ])('Retry-After of %i ms for a recovery of 41 s: wrong is %s', (retryAfterMs, wrong) => {
    const claims = observed(recovering(limited('requests', { retryAfterMs })));
    expect(claims.some((claim) => claim.includes('sends Retry-After, but it is wrong'))).toBe(wrong);
  });

  test('a rewriting relay loses the kind', () => {
    const outcome = limited('unknown', { rewrittenBy: 'new-api', origin: 'relay' });
    expect(observed([{ seq: 1, sentMs: 0, outcome }])[0]).toContain('Kind lost by relay: 1 refusals');
  });

  test('an estimate that is off is told', () => {
    const usage = (promptTokens: number) => ({
      promptTokens,
      completionTokens: 5,
      cachedTokens: null,
      reasoningTokens: null,
    });
    const off = (promptTokens: number) => observed([{ seq: 1, sentMs: 0, exchange: { usage: usage(promptTokens) } }]);
    expect(off(115)).toEqual([]);
    expect(off(130)[0]).toContain('counted 1.3 times as many tokens');
  });
});
