import type { Rule } from '../rule.ts';

const FIELD = { source: 'wording shared by many OpenAI-compatible services', seenOn: '2026-11-21' };
const OVER =
  '(?:exceed|reach|exhaust|hit|limit|too many|over|surpass|crossed|depleted|超|已达|达到|上限|限制|限流|用尽|耗尽)';
/** Texts that name requests beside tokens leave open which of them it was. */
const BOTH = /\b(?:rpm|rps|qps|qpm)\b|requests per/;
/** `words` within a short distance of a word of excess, on either side. */
const near = (words: string) => new RegExp(`(?:${OVER}[^\\n]{0,90}(?:${words}))|(?:(?:${words})[^\\n]{0,90}${OVER})`);

const FREE =
  /(?:limit|quota)[^\n.]{0,30}free (?:users?|accounts?)|free[- ](?:tier|quota|usage|trial|plan|allocation|credits?|allowance|requests?)[^\n]{0,80}(?:exhaust|exceed|used up|reached|over\b|(?<!rate )limit|deplet|expired|ended)|(?:exhaust|exceed|used up|reached|used|run out of|deplet|hit)[^\n]{0,60}free[- ](?:tier|quota|usage|trial|allocation|credits?|allowance)|daily free (?:allocation|quota|limit)|免费(?:额度|配额|次数|试用|体验)[^\n]{0,30}(?:用尽|耗尽|不足|用完|超|已达|已用|到期|上限)|(?:用尽|耗尽|用完)[^\n]{0,20}免费/;
const MONEY =
  /insufficient[_ ](?:account |credit |paid |wallet )?(?:balance|funds?|credits?)|balance (?:is )?(?:insufficient|not enough|too low|depleted|exhausted)|not enough (?:balance|credits?|funds)|out of (?:credits?|funds)|(?:no|zero) (?:credits?|balance)(?: left| remaining)?\b|credits? (?:limit )?(?:are |is |have been |has been )?(?:exceeded|exhausted|depleted|used up|expired)|billing (?:account )?(?:is |has been )?(?:disabled|not enabled|closed)|in arrears|arrearage|overdue|payment required|top[- ]?up (?:your|and)|quota is not enough|spend(?:ing)? limit|budget (?:limit )?(?:has been )?(?:exceeded|exhausted|reached)|(?:exceeded|crossed|over) (?:(?:your|the|its|monthly|daily) ){0,2}budget|included credits|余额(?:不足|已用尽|已耗尽)|(?:额度|资源包)[^\n]{0,8}(?:不足|用尽|耗尽|已用完)|欠费|请(?:先)?充值|无可用资源包|账户[^\n]{0,6}余额|套餐[^\n]{0,10}(?:到期|过期|用尽|耗尽)/;
const GROWTH =
  /sudden (?:increase|spike|rise)|rate (?:increased|increasing|growth|of increase)|increas(?:ed|ing) too (?:quickly|fast)|ramp(?:ed|ing)? up (?:too )?(?:quickly|fast|slowly|gradually)|burst (?:rate|limit|capacity)|too (?:fast|bursty)|\bslow[_ ]down\b|突增|增长过快|突发流量/;
const PARALLEL =
  /concurren(?:cy|t)[^\n]{0,60}(?:exceed|reach|limit|too (?:many|high)|reduce|max|usage)|(?:exceed|reach|limit|too many|max|high)[^\n]{0,60}concurren(?:cy|t)|(?:too many|max(?:imum)?|limit of) (?:parallel|in-flight|inflight|simultaneous|open|active)[^\n]{0,30}(?:requests?|connections?)|parallel requests? (?:limit|exceeded)|too many (?:connections|requests in flight)|local total request limit|并发(?:数|量|请求|调用|限制)?[^\n]{0,16}(?:超|过高|过多|上限|限制|已达|达到)|(?:超|达到|超出)[^\n]{0,16}并发|already (?:have|has) \d{1,6} requests? running/;
const CAPACITY =
  /processing too many requests|overloaded|over(?:loaded)? capacity|at (?:maximum |max |full |peak )?capacity|capacity (?:temporarily |limits? )?(?:exceeded|reached|constraints?|limits|unavailable)|(?:exceeded|no|insufficient|lack of|out of|limited) (?:\w{1,20} )?capacity|nocapacity|(?:server|service|system|engine|model|cluster|we)[^\n]{0,24}\b(?:is |are )?(?:currently |too |very |experiencing )?(?:busy|high (?:demand|load|traffic))|high (?:demand|traffic|load)|queue (?:is )?(?:full|exceeded|too long)|temporarily unable to process|currently loading|^loading model$|model is (?:still )?loading|exceed(?:ing|ed|s)[^\n]{0,40}queue|did not generate (?:the )?first token|service unavailable due to|(?:服务|系统|模型|服务器|上游|节点|引擎|资源|集群|网络|通道|渠道)[^\n]{0,12}(?:繁忙|过载|负载|拥挤|拥堵|紧张|饱和|已满)|(?:容量|资源|算力)[^\n]{0,4}(?:不足|紧张)|负载(?:较高|过高|已饱和|已满)|访问量过大|排队/m;
const TOKEN_RATE =
  'tokens?[ _-](?:per|/)[ _-]?(?:\\d{1,6} ?)?(?:min|minute|second|sec|hour|day|month)|tokens? ?/ ?(?:min|minute|s|sec|second|day|hour)\\b|\\b[io]?t(?:pm|ps|pd|ph)\\b|token (?:rate|usage|per[- ]minute|quota|throughput)|token_?(?:rate|quota)|(?:number|amount) of (?:(?:in|out)put )?tokens[^\\n.]{0,40}(?:time|minute|second|hour|day)|每分钟\\s?tokens?|tokens? ?(?:数|用量|速率|限流|额度)';
/** Without a time these name a budget only beside a status that says "limited": a too long prompt exceeds a "token limit" too. */
const TOKEN_COUNT = 'request tokens|(?:in|out)put tokens|prompt tokens|token limit|too many tokens';
const PER_TOKENS = `${TOKEN_RATE}|${TOKEN_COUNT}`;
const PER_REQUESTS =
  '(?:requests?|images?|inputs?|messages?|prompts?|searches|generations|invocations|jobs)[ _-](?:per|/)[ _-]?(?:\\d{1,6} ?)?(?:min|minute|second|sec|hour|day|month)|requests?_per_|max(?:imum)? requests?: ?\\d|requests? ?/ ?(?:min|minute|s|sec|second|day|hour)\\b|(?:calls|queries)[ -]?(?:per|/)[ -]?(?:min|minute|second|hour|day|month)|\\b(?:rpm|rps|rpd|rph|qps|qpm|qpd|ipm|tpr)\\b|requests? (?:rate|count|quota|frequency|limit)|call (?:rate|frequency)|number of (?:\\w{1,20} ){0,3}requests|exceeded:? \\d{1,9} per \\d{1,6} (?:second|minute|hour|day)|api calls|请求(?:次)?数|调用次数|每(?:分钟|秒)(?:的)?(?:请求|调用)';

/** The reason phrase of 429 that frameworks put into a body of their own accord, with or without its number. */
const REASON_PHRASE =
  '(?:(?:http|error|status|code|statuscode)[ :/]{0,2}){0,3}(?:429)?[ :,(-]{0,3}too many requests[ )]{0,2}(?:429)?[.!)]{0,2}';
const TOO_MANY = new RegExp(`^(?!${REASON_PHRASE}$)[^\\n]*too many requests`, 'm');
const HEADERS = {
  source: 'platform.openai.com/docs/guides/rate-limits; docs.anthropic.com/en/api/rate-limits, headers',
  seenOn: '2026-11-21',
};

/**
 * Words that many services share. More telling ones first: money and free allowance before rates, named resources before
 * "too many requests". The bare words "quota" and "billing" decide nothing.
 */
export const PHRASE_RULES: readonly Rule[] = [
  {
    id: 'phrase.pair-tokens',
    when: { fact: /^over=tp[smdh]$/, factNot: /^over=rp/ },
    verdict: 'tokens',
    heals: 'seconds',
    reason: 'a used/limit pair says which one of several limits was reached',
    source: 'QwenLM/qwen-code packages/core/src/utils/rateLimit.test.ts@0a76fb6',
    seenOn: '2026-11-21',
  },
  {
    id: 'phrase.pair-requests',
    when: { fact: /^over=rp[smdh]$/ },
    verdict: 'requests',
    heals: 'seconds',
    reason: 'a used/limit pair says which one of several limits was reached',
    source: 'docs.litellm.ai (v1 limiter); docs.x.ai rate limits',
    seenOn: '2026-11-21',
  },
  {
    id: 'phrase.free',
    when: { says: FREE },
    verdict: 'free_quota',
    heals: 'unknown',
    reason: 'names a free allowance as used up',
    ...FIELD,
  },
  {
    id: 'phrase.plan-window',
    when: {
      says: /(?:weekly|monthly) rate limit|(?:hourly|daily|weekly|monthly|session|\d{1,2}[- ]?h(?:ou)?rs?) usage (?:limit|quota|cap)\b/,
      saysNot: /free|tokens?\b|requests? per/,
    },
    verdict: 'billing',
    heals: 'window',
    reason: 'the usage that a plan includes for a period is used up',
    source: 'github.com/continuedev/continue/issues/9233, issues/11158',
    seenOn: '2026-11-21',
  },
  {
    id: 'phrase.tokens-daily',
    when: { says: /tokens?[ -]per[ -]day|\btpd\b|daily token|每日\s?token/, saysNot: /free/ },
    verdict: 'tokens',
    heals: 'window',
    reason: 'tokens per day',
    ...FIELD,
  },
  {
    id: 'phrase.requests-daily',
    when: {
      says: /requests?[ -]per[ -]day|\brpd\b|daily (?:request|call)|(?:今日|每日|当日)\S{0,8}(?:调用|请求)?次数|(?:calls|queries)[ -]per[ -]day/,
      saysNot: /free/,
    },
    verdict: 'requests',
    heals: 'window',
    reason: 'requests per day',
    ...FIELD,
  },
  {
    id: 'phrase.burst',
    when: { says: GROWTH },
    verdict: 'burst',
    heals: 'seconds',
    reason: 'names growth of the rate',
    ...FIELD,
  },
  {
    id: 'phrase.concurrency',
    when: { says: PARALLEL },
    verdict: 'concurrency',
    heals: 'seconds',
    reason: 'names requests at the same time',
    ...FIELD,
  },
  {
    id: 'phrase.requests-only',
    when: { says: near(PER_REQUESTS), saysNot: new RegExp(PER_TOKENS) },
    verdict: 'requests',
    heals: 'seconds',
    reason: 'names requests per time and no tokens',
    ...FIELD,
  },
  {
    id: 'phrase.tokens',
    when: { says: near(TOKEN_RATE), saysNot: BOTH },
    or: [{ says: near(TOKEN_COUNT), saysNot: BOTH, anyStatus: [429] }],
    verdict: 'tokens',
    heals: 'seconds',
    reason: 'names tokens per time',
    ...FIELD,
  },
  {
    id: 'phrase.money',
    when: { says: MONEY, saysNot: /rate limit reached|per min/ },
    verdict: 'billing',
    heals: 'never',
    reason: 'names balance, credit or arrears',
    ...FIELD,
  },
  {
    id: 'phrase.overload',
    when: { says: CAPACITY },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'names load or capacity of the service',
    ...FIELD,
  },
  {
    id: 'phrase.unable',
    when: {
      says: /unable to (?:process|handle|serve|complete|accept) (?:your|the|this|any|more|additional|new) (?:more )?requests?/,
      status: [503, 529],
    },
    verdict: 'overload',
    heals: 'seconds',
    reason: 'a service that answers 503 of its own and cannot take the request',
    ...FIELD,
  },
  {
    id: 'header.tokens',
    when: { fact: /^spent=.*token/, factNot: /^spent=.*request/, anyStatus: [429] },
    verdict: 'tokens',
    heals: 'seconds',
    reason: 'no word of the kind, but the headers say that no tokens remain and requests do',
    ...HEADERS,
  },
  {
    id: 'header.requests',
    when: { fact: /^spent=.*request/, factNot: /^spent=.*token/, anyStatus: [429] },
    verdict: 'requests',
    heals: 'seconds',
    reason: 'no word of the kind, but the headers say that no requests remain and tokens do',
    ...HEADERS,
  },
  {
    id: 'phrase.rate',
    when: {
      says: /请求过多|max(?:imum)? rate (?:reached|exceeded)|requests? (?:is |are )?too frequent|request was throttled|requests? (?:are|is|have been|being) throttl|rate of requests|(?:请求|调用|访问)(?:频率|速率|次数|过于频繁|太频繁|过快|限频|限流)|频率(?:过高|限制|超限)|过于频繁|流控(?:超限|限制)|限频/,
      anyStatus: [429, 403, 503, 500, 420],
    },
    or: [{ says: TOO_MANY, anyStatus: [429, 403, 503, 500, 420] }],
    verdict: 'requests',
    heals: 'seconds',
    reason:
      'too many requests, in words of its own: the reason phrase of the status alone says no more than the status',
    ...FIELD,
  },
  {
    id: 'phrase.rate-in-band',
    when: { says: /(?:请求|调用|访问)(?:频率|过于频繁|太频繁|过快)/, status: [200, 400] },
    or: [{ says: TOO_MANY, status: [200, 400] }],
    verdict: 'requests',
    heals: 'seconds',
    reason: 'the same inside an answer that says 200 or 400',
    ...FIELD,
  },
];
