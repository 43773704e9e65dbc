import type { Rule } from '../rule.ts';

const ERROR_PAGE = { source: 'help.aliyun.com/zh/model-studio/error-code', seenOn: '2026-11-21' };
const PLAN_FAQ = { source: 'help.aliyun.com/zh/model-studio/coding-plan FAQ', seenOn: '2026-11-21' };
const CLOUD_PAGE = { source: 'docs.qwencloud.com error messages', seenOn: '2026-11-21' };

/** One code covers several kinds here, so messages that name a kind come before codes that do not. */
export const DASHSCOPE_RULES: readonly Rule[] = [
  {
    id: 'dashscope.slots',
    when: { says: /fine-tune job|voice-clone voice limit/ },
    verdict: 'client_error',
    heals: 'never',
    reason: 'slots for training jobs and cloned voices, not a limit of inference',
    ...ERROR_PAGE,
  },
  {
    id: 'dashscope.billing',
    when: { id: /^(?:arrearage|commoditynotpurchased|(?:pre|post)paidbilloverdue|budgetlimitexceeded)$/ },
    or: [{ says: /account is in good standing|bill is overdue|commodity has not purchased/ }],
    verdict: 'billing',
    heals: 'never',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'overdue or not purchased: several of these are 429 and never heal',
    ...ERROR_PAGE,
  },
  {
    id: 'dashscope.free-tier',
    when: { id: /^allocationquota\.freetieronly$/ },
    or: [
      {
        says: /free allocated quota|free (?:tier|quota)[^.]{0,40}(?:exhausted|used up|exceeded|expired)/,
        from: /^dashscope$/,
      },
    ],
    verdict: 'free_quota',
    heals: 'never',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'same code as the token limit: only the message tells it is the free allowance',
    ...ERROR_PAGE,
  },
  {
    id: 'dashscope.plan-window',
    when: { says: /\b(?:hour|day|week|month)(?:ly)? allocated quota exceeded/ },
    or: [{ says: /token-plan[^.]{0,40}exhausted/ }, { code: /^quotaexhausted$/, from: /^dashscope$/ }],
    verdict: 'billing',
    heals: 'window',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'the window of a subscription is used up; the body alone cannot tell minutes from days',
    ...PLAN_FAQ,
  },
  {
    id: 'dashscope.batch-capacity',
    when: { says: /throttled due to system capacity|batch requests are being throttled/ },
    or: [
      { id: /^(?:throttling\.(?:resourceexhausted|serviceoverloaded|aborted)|modelservingerror|modelunavailable)$/ },
      {
        says: /internalerror\.algo.{0,120}\[too many requests|rejected by inference engine|no backend server available|backend buffer overflow/,
      },
      { says: /error occurred in model serving.{0,80}too many requests/ },
    ],
    verdict: 'overload',
    heals: 'seconds',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'model serving has no capacity: nothing about your account',
    ...ERROR_PAGE,
  },
  {
    id: 'dashscope.concurrency',
    when: { id: /^throttling\.concurrency$/ },
    or: [{ says: /concurrency allocated quota exceeded/ }],
    verdict: 'concurrency',
    heals: 'seconds',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'the number of calls in flight is allotted dynamically',
    ...CLOUD_PAGE,
  },
  {
    id: 'dashscope.tokens',
    when: { id: /^throttling\.allocationquota$/ },
    or: [
      { says: /(?:^|usage |\. |: )allocated quota exceeded/m },
      { id: /^insufficient_quota$/, from: /^dashscope$/ },
      { says: /exceeded your current quota/, from: /^dashscope$/ },
      { link: /error-code#token-limit/ },
    ],
    verdict: 'tokens',
    heals: 'seconds',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'tokens per minute or per second, in words that elsewhere mean no money',
    ...ERROR_PAGE,
  },
  {
    id: 'dashscope.requests',
    when: { id: /^(?:throttling(?:\.rate\w*)?|limit_?requests)$/ },
    or: [{ link: /error-code#rate-limit/ }, { says: /exceeded your (?:current )?requests? (?:list|limit)/ }],
    verdict: 'requests',
    heals: 'seconds',
    originName: 'dashscope',
    origin: 'provider',
    reason: 'requests per minute or per second; the body does not say which',
    ...ERROR_PAGE,
  },
];
