import type { Rule } from '../rule.ts';

const MINIMAX = { source: 'platform.minimax.io/docs/api-reference/errorcode', seenOn: '2026-11-21' };
const QIANFAN = { source: 'cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh', seenOn: '2026-11-21' };
const TENCENT = { source: 'cloud.tencent.com/document/product/1729/101842', seenOn: '2026-11-21' };
const SPARK = { source: 'www.xfyun.cn/doc/spark error codes', seenOn: '2026-11-21' };

/** Chinese providers that answer with numbers or dotted codes of their own, some of them under HTTP 200. */
export const NUMERIC_RULES: readonly Rule[] = [
  {
    id: 'minimax.requests',
    when: { fact: /^status_code=1002$/, from: /^minimax$/, saysNot: /tpm|token/ },
    verdict: 'requests',
    heals: 'seconds',
    reason: 'rate limit in base_resp, under HTTP 200',
    ...MINIMAX,
  },
  {
    id: 'minimax.tokens',
    when: { fact: /^status_code=(?:1002|1039)$/, from: /^minimax$/ },
    verdict: 'tokens',
    heals: 'seconds',
    reason: 'token limit (TPM)',
    ...MINIMAX,
  },
  {
    id: 'minimax.concurrency',
    when: { fact: /^status_code=1041$/, from: /^minimax$/ },
    verdict: 'concurrency',
    heals: 'seconds',
    reason: 'connection limit',
    ...MINIMAX,
  },
  {
    id: 'minimax.burst',
    when: { fact: /^status_code=2045$/, from: /^minimax$/ },
    verdict: 'burst',
    heals: 'seconds',
    reason: 'rate growth limit',
    ...MINIMAX,
  },
  {
    id: 'minimax.plan-window',
    when: { fact: /^status_code=2056$/, from: /^minimax$/ },
    verdict: 'billing',
    heals: 'window',
    reason: 'usage limit of a plan: waits for the next five hours',
    ...MINIMAX,
  },
  {
    id: 'minimax.billing',
    when: { fact: /^status_code=1008$/, from: /^minimax$/ },
    verdict: 'billing',
    heals: 'never',
    reason: 'insufficient balance',
    ...MINIMAX,
  },
  {
    id: 'qianfan.total-calls',
    when: { fact: /^error_code=(?:19|336503)$/ },
    verdict: 'requests',
    heals: 'window',
    reason: 'calls in total, not per second: waiting a minute does not help',
    ...QIANFAN,
  },
  {
    id: 'qianfan.overload',
    when: { fact: /^error_code=(?:2|4|336100|336000)$/, factNot: /^choices=/ },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'the cluster is over its limit or unavailable',
    ...QIANFAN,
  },
  {
    id: 'hunyuan.free',
    when: { code: /freeresourcepackexhausted$/ },
    verdict: 'free_quota',
    heals: 'never',
    reason: 'the free resource pack is used up',
    ...TENCENT,
  },
  {
    id: 'hunyuan.billing',
    when: {
      code: /^(?:failedoperation\.(?:resourcepackexhausted|servicestop)|resourceinsufficient\.chargeresourceexhaust|resourceunavailable\.inarrears)/,
    },
    verdict: 'billing',
    heals: 'never',
    reason: 'paid pack used up, service stopped or account in arrears',
    ...TENCENT,
  },
  {
    id: 'hunyuan.overload',
    when: { code: /^failedoperation\.engineserver/ },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'the engine behind the API is over its limit',
    ...TENCENT,
  },
  {
    id: 'hunyuan.requests',
    when: { code: /^(?:requestlimitexceeded|limitexceeded)(?:\.|$)/ },
    verdict: 'requests',
    heals: 'seconds',
    reason: 'calls per second of the account or the interface',
    ...TENCENT,
  },
  {
    id: 'spark.requests',
    when: { code: /^1120[12]$/, from: /^spark$/ },
    verdict: 'requests',
    heals: 'seconds',
    reason: 'flow control per second or per day',
    ...SPARK,
  },
  {
    id: 'spark.concurrency',
    when: { code: /^(?:11203|10007)$/, from: /^spark$/ },
    verdict: 'concurrency',
    heals: 'seconds',
    reason: 'flow control of parallel calls',
    ...SPARK,
  },
  {
    id: 'spark.overload',
    when: { code: /^(?:10008|10110)$/, from: /^spark$/ },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'the service has no capacity',
    ...SPARK,
  },
];
