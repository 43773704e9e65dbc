import type { Rule } from '../rule.ts';

const PAGES = {
  source: 'help.aliyun.com/zh/model-studio/error-code; platform.openai.com/docs/guides/error-codes',
  seenOn: '2026-11-21',
};

/** Errors that are no limits, in words strong enough to overrule a status or a stray limit word. */
export const REFUSAL_RULES: readonly Rule[] = [
  {
    id: 'not-a-limit.key',
    when: {
      id: /^(?:invalid_?api_?key|invalidapikey|authentication_?error|invalid_authentication_error|authenticationerror|unauthorized|unauthenticated|api_key_invalid|invalid_token|token_expired|account_deactivated|invalid_organization)$/,
    },
    or: [
      {
        says: /(?:incorrect|invalid|missing|malformed|expired|no) api[ -]?key|api[ -]?key (?:is |was )?(?:invalid|incorrect|not valid|missing|expired|required|format)|api[ -]?key not valid|authentication (?:fails|failed)|invalid token|无效的令牌|令牌(?:已过期|状态不可用|验证失败)|api ?key ?(?:无效|错误|不正确|已过期)|身份验证失败|no auth credentials/,
      },
    ],
    verdict: 'auth',
    heals: 'never',
    reason: 'the key is missing, wrong, expired or of another region',
    ...PAGES,
  },
  {
    id: 'not-a-limit.content',
    when: {
      id: /^(?:data_?inspection_?failed|content_?filter|content_policy_violation|responsibleaipolicyviolation|\w{0,20}sensitivecontentdetected.{0,40}|moderation_blocked|prompt_blocked|sensitive_words_detected)$/,
    },
    or: [
      {
        says: /inappropriate content|content (?:management )?policy|considered high risk|敏感内容|不安全或敏感|内容安全|违规内容|safety system/,
      },
    ],
    verdict: 'client_error',
    heals: 'never',
    reason: 'content was refused, not volume',
    ...PAGES,
  },
  {
    id: 'not-a-limit.model',
    when: {
      id: /^(?:model_?not_?found|modelnotfound|invalidendpointormodel\..{0,60}|modelnotopen|model_not_supported|deploymentnotfound|unsupportedmodel|resource_not_found_error)$/,
    },
    or: [
      {
        says: /model \S{0,80} ?(?:does not exist|not found|is not supported|not exist)|(?:does not|no longer) (?:exist|supported?)|not a valid model|unknown model|模型不存在|not support (?:the )?model|model not exist/,
      },
    ],
    verdict: 'client_error',
    heals: 'never',
    reason: 'the model does not exist or is not open to the account',
    ...PAGES,
  },
  {
    id: 'not-a-limit.path',
    when: {
      status: [404, 405],
      says: /not found|not allowed|invalid url|no such (?:path|route|endpoint|url)|unknown (?:path|route|endpoint|url)/,
    },
    verdict: 'client_error',
    heals: 'never',
    reason: 'nothing is served there; a path may speak of limits',
    source: 'RFC 9110 sections 15.5.5 and 15.5.6',
    seenOn: '2026-11-21',
  },
  {
    id: 'not-a-limit.too-long',
    when: { id: /^(?:context_length_exceeded|string_above_max_length|request_too_large|payload_too_large)$/ },
    or: [
      {
        says: /(?:maximum )?context (?:length|window)|(?:prompt|input) is too long|range of (?:input length|max_tokens)|(?:request|body|prompt|input|payload) (?:body )?too (?:large|long|big)|maximum (?:input|prompt) (?:length|tokens)|超过模型(?:上下文|最大)|max_tokens (?:must|should|is too)|(?:image|video|file|frame|audio|document|message|request body|payload|input).{0,30}(?:exceeds?|larger than|over) (?:the )?(?:maximum |max |size )?(?:allowed |size |length )?(?:limit|size|length)/,
        saysNot: /per (?:minute|min|day|second)/,
      },
    ],
    verdict: 'client_error',
    heals: 'never',
    reason: 'one request is larger than the model takes: more time changes nothing',
    ...PAGES,
  },
  {
    id: 'not-a-limit.parameter',
    when: {
      id: /^(?:invalid_?parameter(?:_error|\..{0,60})?|invalidparameter|missing_?parameter(?:\..{0,60})?|invalid_value|unsupported_parameter|unsupported_value|unknown_parameter|missing_required_parameter|badrequest\.toolarge|invalid_argument|validationexception|unprocessable_entity|convert_request_failed|bad_request_body)$/,
      saysNot: /rate limit|quota exceeded|too many requests/,
    },
    verdict: 'client_error',
    heals: 'never',
    reason: 'the request is malformed; texts about ranges speak of limits too',
    ...PAGES,
  },
  {
    id: 'not-a-limit.async',
    when: { says: /does not support (?:asynchronous|async)|不支持异步/ },
    verdict: 'client_error',
    heals: 'never',
    reason: 'X-DashScope-Async on a model without it yields a 429 on a single call',
    ...PAGES,
  },
  {
    id: 'not-a-limit.access',
    when: {
      id: /^(?:accessdenied(?:\..{0,40})?|access_denied|permission_?denied(?:_error)?|permission_error|forbidden|unsupported_country_region_territory|model_blocked)$/,
      saysNot:
        /free (?:tier|quota)|rate limit|overdue|arrears|insufficient|balance|concurren|too many|per (?:min|sec|day)|余额|欠费|额度|频/,
    },
    verdict: 'auth',
    heals: 'never',
    reason: 'not entitled: DashScope lists a used-up free quota as only one cause of it',
    ...PAGES,
  },
  {
    id: 'not-a-limit.server-timeout',
    when: { id: /^(?:requesttimeout|request_timeout|timeout|gateway_timeout|deadline_exceeded)$/ },
    or: [{ says: /^(?:request timed out|response timeout|upstream request timeout|gateway time-?out)/m }],
    verdict: 'server_error',
    heals: 'unknown',
    reason: 'the service gave up on a slow answer',
    ...PAGES,
  },
];
