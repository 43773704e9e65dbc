import { analysis } from '../../src/analysis/analysis.ts';
import type { Analysis } from '../../src/model/analysis.ts';
import { gapBucket } from '../../src/model/exchange.ts';
import type { JournalRecord } from '../../src/model/journal.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Threshold } from '../../src/model/threshold.ts';
import { parseThreshold } from '../../src/scenario/threshold.ts';
import { randomFor } from '../../src/stats/random.ts';
import { manifest, phase, variant } from './manifest.ts';
import { journal, limited, notSent, OK, type Shot } from './records.ts';

export function threshold(text: string): Threshold {
  const parsed = parseThreshold(text, null);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.problems.map((problem) => problem.message).join('; ')}`);
  return parsed.value;
}

/** Text from outside that must never reach a page, a table or a terminal as it is. */
export const HOSTILE = {
  script: '<script>alert(1)</script>',
  closing: '</script></style></title><img src=x onerror=alert(2)>',
  quotes: `"double" 'single' \`back\` \\ | pipe`,
  separators: 'line\u2028separator\u2029paragraph\u0085next\u0000nul\u001b[31mred',
  unicode: '超出请求频率限制 🚦 ﷽ \ud83d\ude80 e\u0301 \u202Eright-to-left',
  formula: '=HYPERLINK("http://example.invalid","x")',
  longId: `req-${'0123456789abcdef'.repeat(64)}`,
} as const;

const SAMPLE_PHASES = [
  phase({ index: 0, kind: 'burst', label: 'burst', startMs: 0, endMs: 1000, plannedArrivals: 60 }),
  phase({ index: 1, kind: 'pause', label: 'pause', startMs: 1000, endMs: 3000, plannedArrivals: 0 }),
  phase({ index: 2, kind: 'hold', label: 'polls', startMs: 3000, endMs: 123_000, plannedArrivals: 120 }),
  phase({ index: 3, kind: 'hold', label: `launch ${HOSTILE.script}`, startMs: 123_000, endMs: 183_000 }),
];

const THRESHOLDS = [
  'limited.share < 50%',
  'limited.billing.count == 0',
  'ttft.p95 < 2s',
  'ttft.p99.9 < 9s',
  'goodput.rate{phase="polls"} over 30s >= 30/min',
  'availability >= 99.9%',
  'cost.total < $5',
  'recovery.requests.max{variant="direct"} < 2min',
  'tokens.total.rate <= 1M/min',
];

const body = (document: unknown) => {
  const head = JSON.stringify(document);
  return { head, tail: '', bytes: head.length };
};

/** Limits, errors and in-stream refusals in the words of providers and relays, and of someone who means harm. */
const REFUSALS: readonly Pick<Shot, 'outcome' | 'exchange'>[] = [
  {
    outcome: limited('tokens', { retryAfterMs: 2000, ruleId: 'dashscope-allocation-quota' }),
    exchange: {
      body: body({
        error: { message: `Allocated quota exceeded ${HOSTILE.quotes}`, code: 'Throttling.AllocationQuota' },
        request_id: HOSTILE.longId,
      }),
    },
  },
  {
    outcome: limited('burst', { ruleId: 'dashscope-burst-rate' }),
    exchange: {
      body: body({
        error: { message: `Request rate increased too quickly. ${HOSTILE.separators}`, code: 'limit_burst_rate' },
      }),
    },
  },
  {
    outcome: limited('concurrency', { origin: 'relay', originName: 'new-api', rewrittenBy: null }),
    exchange: { body: body({ error: { message: HOSTILE.unicode, type: 'new_api_error' } }) },
  },
  {
    outcome: limited('free_quota', { heals: 'never', ruleId: 'dashscope-free-tier' }),
    exchange: { status: 403, body: body({ code: 'AllocationQuota.FreeTierOnly', message: HOSTILE.closing }) },
  },
  {
    outcome: limited('overload', { origin: 'edge', originName: 'nginx' }),
    exchange: {
      status: 503,
      headers: { server: 'nginx', 'retry-after': '5' },
      body: { head: `<html>${HOSTILE.script}</html>`, tail: '', bytes: 40 },
    },
  },
  {
    outcome: limited('unknown', {
      origin: 'unknown',
      originName: null,
      rewrittenBy: 'one-api',
      ruleId: null,
      candidates: ['tokens', 'billing'],
      heals: 'unknown',
    }),
    exchange: { body: body({ error: { message: `当前分组上游负载已饱和，请稍后再试 ${HOSTILE.formula}` } }) },
  },
  {
    outcome: limited('requests', { ruleId: 'dashscope-in-stream' }),
    exchange: {
      status: 200,
      errorFrames: [`event:error\ndata:{"code":"limit_requests","message":"${'x'.repeat(3000)}"}`],
    },
  },
];

const FAILURES: readonly Pick<Shot, 'outcome' | 'exchange'>[] = [
  {
    outcome: { kind: 'server_error', status: 500, ruleId: null },
    exchange: { status: 500, body: body({ message: HOSTILE.script }) },
  },
  {
    outcome: { kind: 'client_error', status: 400, ruleId: null },
    exchange: { status: 400, body: body({ error: { message: 'model not found: =1+1' } }) },
  },
  {
    outcome: { kind: 'auth', status: 401, ruleId: null },
    exchange: {
      status: 401,
      body: body({ error: { message: 'Incorrect API key provided: sk-canary0123456789abcdef' } }),
    },
  },
  {
    outcome: { kind: 'timeout', phase: 'idle' },
    exchange: { transportError: { kind: 'timeout', phase: 'idle', afterMs: 30_000 } },
  },
  {
    outcome: { kind: 'connection', phase: 'headers', code: 'ECONNRESET' },
    exchange: {
      status: null,
      connection: null,
      transportError: {
        kind: 'connection',
        phase: 'headers',
        code: 'ECONNRESET',
        message: `socket hang up ${HOSTILE.closing}`,
      },
    },
  },
  { outcome: { kind: 'truncated' }, exchange: { finishReason: null, sawDone: false, usage: null } },
  { outcome: { kind: 'cancelled' }, exchange: { status: null, transportError: { kind: 'cancelled' } } },
];

/** What the endpoint answers to the nth attempt of a phase: every kind of answer turns up, most often the common ones. */
function answer(phaseIndex: number, place: number, chance: number): Pick<Shot, 'outcome' | 'exchange'> {
  if (phaseIndex === 0 && place >= 10) return requestsRefusal(place);
  if (phaseIndex === 2 && place < 45) return requestsRefusal(place);
  if (phaseIndex === 3 && place >= 20) {
    if (place < 20 + REFUSALS.length) return REFUSALS[place - 20] ?? {};
    if (place < 40 + FAILURES.length && place >= 40) return FAILURES[place - 40] ?? {};
    if (chance < 0.12) return requestsRefusal(place);
    if (chance < 0.2) return REFUSALS[Math.floor(chance * 1000) % REFUSALS.length] ?? {};
  }
  return { outcome: OK };
}

function requestsRefusal(place: number): Pick<Shot, 'outcome' | 'exchange'> {
  const message = `You exceeded your current request limit. Request id: ${place}f2e4b1c0-aaaa-4bbb-8ccc-${place}00000000000`;
  return {
    outcome: limited('requests', { retryAfterMs: 1000, ruleId: 'dashscope-limit-requests' }),
    exchange: {
      headers: { 'retry-after': '1', 'x-request-id': `gw-${place}` },
      body: body({ error: { message, code: 'limit_requests' }, request_id: `0f2e4b1c-${place}` }),
    },
  };
}

function shot(options: {
  readonly seq: number;
  readonly sentMs: number;
  readonly phaseIndex: number;
  readonly place: number;
  readonly variantIndex: number;
}): Shot {
  const { seq, sentMs, phaseIndex, place, variantIndex } = options;
  const random = randomFor(7, 'sample', seq);
  const given = answer(phaseIndex, place, random());
  const outcome: Outcome = given.outcome ?? OK;
  const promptTokens = 150 + Math.floor(random() * 100);
  const dueMs = sentMs - random();
  if (outcome.kind !== 'ok') {
    const finishedMs = sentMs + 20 + random() * 60;
    return {
      seq,
      sentMs,
      dueMs,
      finishedMs,
      phaseIndex,
      variantIndex,
      promptTokens,
      outcome,
      exchange: { headersMs: finishedMs - 1, finishReason: null, ...given.exchange },
    };
  }
  const firstTokenMs = sentMs + 400 + random() * 500 + variantIndex * 60;
  const gapMs = 20 + random() * 15;
  return {
    seq,
    sentMs,
    dueMs,
    finishedMs: firstTokenMs + 31 * gapMs,
    phaseIndex,
    variantIndex,
    promptTokens,
    outcome,
    exchange: {
      queuedMs: random() / 10,
      connection: { id: seq % 20, reused: seq >= 20, handshakeMs: seq < 20 ? 30 + random() * 20 : null },
      headersMs: firstTokenMs - 10,
      firstByteMs: firstTokenMs - 5,
      firstTokenMs,
      firstAnswerTokenMs: firstTokenMs,
      gaps: { count: 31, totalMs: 31 * gapMs, maxMs: gapMs, buckets: [gapBucket(gapMs), 31] },
      reportedModel: variantIndex === 1 && place % 10 === 0 ? 'qwen-plus' : 'qwen3-max-2025-09-23',
      usage: {
        promptTokens: Math.round(promptTokens * 1.3),
        completionTokens: 32,
        cachedTokens: 0,
        reasoningTokens: null,
      },
    },
  };
}

function shots(): readonly Shot[] {
  const all: Shot[] = [];
  let seq = 0;
  const at = (sentMs: number, phaseIndex: number, place: number) => {
    for (const variantIndex of [0, 1]) {
      all.push(shot({ seq, sentMs: sentMs + variantIndex / 4, phaseIndex, place, variantIndex }));
      seq += 1;
    }
  };
  for (let place = 0; place < 60; place += 1) at(place * 16, 0, place);
  for (let place = 0; place < 120; place += 1) at(3000 + place * 1000, 2, place);
  for (let place = 0; place < 480; place += 1) at(123_000 + place * 125, 3, place);
  return all;
}

/** The journal behind `sampleAnalysis`. */
export function sampleRecords(): readonly JournalRecord[] {
  const records = journal(shots(), null);
  const skipped = [5000, 5001, 5002].map((seq) => notSent({ seq, dueMs: 150_000 + seq, phaseIndex: 3 }));
  const once = Array.from({ length: 183 }, (_, second): JournalRecord => {
    return {
      type: 'health',
      atMs: (second + 1) * 1000,
      inFlight: 12,
      loopDelayMaxMs: second % 60 === 30 ? 14 : 2,
      cpuShare: 0.1 + (second % 7) / 50,
      rssBytes: 90_000_000 + second * 10_000,
      gcPauseMaxMs: 3,
      socketsOpen: 40,
      socketsOpened: 44,
    };
  });
  const clocks = Array.from({ length: 19 }, (_, step): JournalRecord => {
    return { type: 'clock', atMs: step * 10_000, wallMs: 1_795_291_200_000 + step * 10_001 };
  });
  const stall: JournalRecord = { type: 'stall', fromMs: 140_000, toMs: 140_120 };
  const finish: JournalRecord = { type: 'finish', atMs: 186_000, reason: { kind: 'completed' } };
  const atMs = (record: JournalRecord) => {
    switch (record.type) {
      case 'sent':
        return record.sentMs;
      case 'end':
        return record.exchange.finishedMs;
      case 'not_sent':
        return record.decidedMs;
      case 'stall':
        return record.toMs;
      default:
        return record.atMs;
    }
  };
  return [...[...records, ...skipped, ...once, ...clocks, stall].sort((a, b) => atMs(a) - atMs(b)), finish];
}

/**
 * A whole analysis made by the real fold: two variants, every kind of limit and error, a recovery, a stall, skipped
 * attempts, and hostile text wherever text from outside can stand.
 */
export function sampleAnalysis(): Analysis {
  const direct = variant({
    name: 'direct',
    quotaGroup: 'direct',
    targetName: 'dashscope-intl',
    isSimulator: false,
    simulator: null,
  });
  const relay = variant({
    name: `relay ${HOSTILE.script}`,
    quotaGroup: 'relay',
    targetName: 'apiyi',
    dialect: 'openai',
    isSimulator: false,
    simulator: null,
    price: null,
    waitTimeoutMs: 30_000,
  });
  const fold = analysis({
    manifest: manifest({
      phases: SAMPLE_PHASES,
      variants: [direct, relay],
      thresholds: THRESHOLDS.map(threshold),
      claims: [
        {
          text: 'direct: limited.share < 60%',
          variant: 'direct',
          threshold: threshold('limited.share < 60%'),
          relativeTo: null,
        },
      ],
      scenario: {
        name: `launch ${HOSTILE.script} ${HOSTILE.unicode}`,
        description: `${HOSTILE.closing} ${HOSTILE.quotes}`,
        account: { exclusive: 'unknown', region: 'ap-southeast-1', workspace: 'default' },
      },
    }),
    unreadableLines: 1,
  });
  for (const record of sampleRecords()) fold.add(record);
  return fold.finish();
}
