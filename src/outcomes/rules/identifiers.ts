import type { Rule } from '../rule.ts';

const FIELD = {
  source: 'codes of many services share their parts: Throttling.*, Ark, Qianfan v2, Cerebras, Bifrost',
  seenOn: '2026-11-21',
};

/** Parts of error codes and types. A code outranks its message: "tpm/rpm limit" under a code that says TPM is tokens. */
export const IDENTIFIER_RULES: readonly Rule[] = [
  {
    id: 'code.free',
    when: { id: /free_?(?:tier|quota|usage|trial|resource|allocation|credit|limit)/ },
    verdict: 'free_quota',
    heals: 'unknown',
    reason: 'the code names a free allowance',
    ...FIELD,
  },
  {
    id: 'code.billing',
    when: {
      id: /arrear|overdue|(?:insufficient|not_?enough|no|low)_?(?:user_?)?(?:account_?)?(?:balance|funds?|credits?)|balance_?(?:insufficient|not_?enough|too_?low|exhausted)|budget_?(?:limit_?)?exceeded|credits?_?(?:limit_?)?(?:exceeded|exhausted|depleted)|payment_?required|billing_?(?:not_?active|hard_?limit|disabled|inactive)|spend(?:ing)?_?limit|not_?purchased/,
    },
    verdict: 'billing',
    heals: 'never',
    reason: 'the code names balance, budget or arrears',
    ...FIELD,
  },
  {
    id: 'code.plan-window',
    when: { id: /^usage_limit_(?:reached|exceeded)$/ },
    verdict: 'billing',
    heals: 'window',
    reason: 'the code names the usage that a plan includes for a window; `resets_at` tells its end',
    source: 'github.com/router-for-me/CLIProxyAPI/issues/1666; github.com/james-6-23/codex2api/issues/9',
    seenOn: '2026-11-21',
  },
  {
    id: 'code.burst',
    when: { id: /burst|rate_?(?:growth|increase)|slow_?down/ },
    verdict: 'burst',
    heals: 'seconds',
    reason: 'the code names a burst',
    ...FIELD,
  },
  {
    id: 'code.concurrency',
    when: { id: /concurren|in_?flight|parallel_?request|too_?many_?connections/ },
    verdict: 'concurrency',
    heals: 'seconds',
    reason: 'the code names requests at the same time',
    ...FIELD,
  },
  {
    id: 'code.tokens',
    when: {
      id: /tp[mds](?:_|\.|$|rate|limit|exceed)|tokens?_?(?:rate|quota|limit|per)|^(?:tokens|too_many_tokens\w*|limit_tokens)$/,
      anyStatus: [429, 403, 503, 529, 200, 402],
    },
    verdict: 'tokens',
    heals: 'seconds',
    reason: 'the code names tokens',
    ...FIELD,
  },
  {
    id: 'code.requests',
    when: {
      id: /(?:r|q|i)p[mdsh](?:_|\.|$|rate|limit|exceed)|limit_?requests|requests?_?(?:rate|quota|count|per)|account_?ratelimit|^requests$/,
    },
    // Services name any limit on requests so, whatever it counts: a sentence about tokens is closer to the cause.
    or: [{ id: /requests?_?limit/, saysNot: /tokens?[ -]per/ }],
    verdict: 'requests',
    heals: 'seconds',
    reason: 'the code names requests',
    ...FIELD,
  },
  {
    id: 'code.overload',
    when: {
      id: /overload|server_?busy|system_?busy|too_?busy|no_?capacity|capacity_?(?:exceeded|exhausted|reached|limit)|queue_?(?:exceeded|full)|model_?(?:not_?ready|loading|unavailable)|^throttling\.resourceexhausted$/,
    },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'the code names load or capacity',
    ...FIELD,
  },
];
