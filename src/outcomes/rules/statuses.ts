import type { Rule } from '../rule.ts';

const RFC = { source: 'RFC 9110 section 15, RFC 6585 section 4', seenOn: '2026-11-21' };

/** What is left when no word is known: the status, and codes that only say that something is limited. */
export const STATUS_RULES: readonly Rule[] = [
  {
    id: 'status.billing',
    when: { status: [402] },
    verdict: 'billing',
    heals: 'never',
    reason: 'payment required',
    ...RFC,
  },
  {
    id: 'status.overloaded',
    when: { anyStatus: [529] },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'Anthropic and its followers use 529 for overload',
    source: 'docs.anthropic.com/en/api/errors',
    seenOn: '2026-11-21',
  },
  {
    id: 'status.limited',
    when: { anyStatus: [429] },
    or: [
      {
        id: /^(?:(?:\w{1,40}_)?rate_?limit(?:ed|_?exceeded|_?reached)?(?:_?error)?|too_many_requests|toomanyrequests|resource_exhausted|limitation|throttled)$/,
      },
      {
        says: /rate[- ]limit(?:ed|s)?\b[^\n]{0,40}(?:exceed|reach|hit)|(?:exceed|reach|hit)[^\n]{0,40}rate[- ]limit|usage limits?[^\n]{0,16}(?:exceed|reach)|(?<!(?:disk|storage|file|space) )quota (?:has been |is |was )?(?:exceeded|exhausted)|速率限制|限流|(?<!不)限速/,
      },
    ],
    verdict: 'unknown',
    heals: 'unknown',
    candidates: ['requests', 'tokens', 'concurrency', 'overload'],
    reason: 'limited, and nothing says by what',
    ...RFC,
  },
];
