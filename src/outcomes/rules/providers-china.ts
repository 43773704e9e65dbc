import type { Rule } from '../rule.ts';

const ARK = { source: 'volcengine.com/docs/82379/1299023', seenOn: '2026-11-21' };
const ZHIPU = { source: 'docs.z.ai/api-reference/api-code; docs.bigmodel.cn/cn/api/api-code', seenOn: '2026-11-21' };
const MOONSHOT = { source: 'platform.moonshot.cn/docs/api/chat errors', seenOn: '2026-11-21' };

/** Codes whose message is empty, numeric or says something else. Numeric codes count only where the speaker is known. */
export const CHINA_RULES: readonly Rule[] = [
  {
    id: 'ark.free-trial',
    when: { code: /^quotaexceeded$/, says: /free trial|免费/ },
    or: [{ code: /^setlimitexceeded$/ }],
    verdict: 'free_quota',
    heals: 'never',
    reason: 'the free trial, or the limit set so as not to leave it, is used up',
    ...ARK,
    seenOn: null,
  },
  {
    id: 'ark.plan-window',
    when: { code: /^accountquotaexceeded$/ },
    verdict: 'billing',
    heals: 'window',
    reason: 'the hours or weeks of a coding plan are used up',
    ...ARK,
    seenOn: null,
  },
  {
    id: 'zhipu.plan-window',
    when: { code: /^(?:1308|1310)$/, from: /^zhipu$/ },
    or: [{ says: /使用上限.{0,40}(?:限额|额度).{0,20}重置/ }],
    verdict: 'billing',
    heals: 'window',
    reason: 'the window of a coding plan is used up; the text says when it resets',
    ...ZHIPU,
  },
  {
    id: 'zhipu.billing',
    when: { code: /^(?:1113|1309)$/, from: /^zhipu$/ },
    verdict: 'billing',
    heals: 'never',
    reason: 'no balance, or the plan has expired, as 429',
    ...ZHIPU,
  },
  {
    id: 'zhipu.daily-calls',
    when: { code: /^1304$/, from: /^zhipu$/ },
    verdict: 'requests',
    heals: 'window',
    reason: 'calls per day',
    ...ZHIPU,
    seenOn: null,
  },
  {
    id: 'zhipu.requests',
    when: { code: /^1303$/, from: /^zhipu$/ },
    or: [{ code: /^1302$/, from: /^zhipu$/, saysNot: /concurren|并发/ }],
    verdict: 'requests',
    heals: 'seconds',
    reason: '1302 means rate or concurrency: the message decides',
    ...ZHIPU,
    seenOn: null,
  },
  {
    id: 'zhipu.overload',
    when: { code: /^(?:1305|1312)$/, from: /^zhipu$/ },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'the model is visited too much at the moment',
    ...ZHIPU,
    seenOn: null,
  },
  {
    id: 'siliconflow.overload',
    when: { code: /^505\d\d$/, from: /^siliconflow$/ },
    verdict: 'overload',
    heals: 'seconds',
    reason: '505xx: the model service is overloaded',
    source: 'docs.siliconflow.cn/cn/faqs/error-code',
    seenOn: null,
  },
  {
    id: 'siliconflow.billing',
    when: { code: /^300(?:01|11)$/, from: /^siliconflow$/ },
    verdict: 'billing',
    heals: 'never',
    reason: '30001 and 30011: the balance does not cover the model (403)',
    source: 'github.com/FoundationAgents/OpenManus/issues/438',
    seenOn: '2026-11-21',
  },
  {
    id: 'moonshot.billing',
    when: { type: /^exceeded_current_quota_error$/ },
    verdict: 'billing',
    heals: 'never',
    reason: 'no balance or suspended, as 429 beside rate limits',
    ...MOONSHOT,
  },
];
