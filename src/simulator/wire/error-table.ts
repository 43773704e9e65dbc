import type { ErrorName } from '../../model/fault-names.ts';

/**
 * Errors as DashScope documents them or as they were captured, each with where it was read. Written from the provider's
 * pages and from bodies that people posted; nothing here follows from how this project classifies them.
 */
export interface DocumentedError {
  /** Name under which a scenario scripts it. */
  readonly name: string;
  readonly status: number;
  /** In the native envelope. */
  readonly nativeCode: string;
  readonly nativeMessage: Wording;
  /** In the compatible envelope: `code`, and `type` where it does not repeat the code. */
  readonly code: string;
  readonly type?: string;
  readonly message: Wording;
  /** Time until the answer where it is not the usual one. */
  readonly afterMs?: number;
  readonly source: string;
  readonly seenOn: string;
}

/** A text per message set: before 2025, today with Chinese anchors, today on the international hosts. */
interface Wording {
  readonly old: string;
  readonly current: string;
  readonly international: string;
}

const CHINESE_PAGE = 'https://help.aliyun.com/zh/model-studio/error-code';
const ENGLISH_PAGE = 'https://www.alibabacloud.com/help/en/model-studio/error-code';
const SEEN = '2026-11-21';

function same(text: string): Wording {
  return { old: text, current: text, international: text };
}

/** Live texts since 2025 end in a link to the paragraph of the error page. */
function anchored(text: string, anchor: string, old = text): Wording {
  return {
    old,
    current: `${text} For details, see: ${CHINESE_PAGE}#${anchor}`,
    international: `${text} For details, see: ${ENGLISH_PAGE}#${anchor}`,
  };
}

interface Row {
  readonly native?: string;
  readonly nativeMessage?: Wording;
  readonly code?: string;
  readonly type?: string;
  readonly source?: string;
  readonly afterMs?: number;
}

/** Unless said, both envelopes carry `name` as code and the same text: native codes occur in the compatible envelope. */
function row(name: ErrorName, status: number, message: Wording | string, rest: Row = {}): DocumentedError {
  const wording = typeof message === 'string' ? same(message) : message;
  return {
    name,
    status,
    nativeCode: rest.native ?? name,
    nativeMessage: rest.nativeMessage ?? wording,
    code: rest.code ?? name,
    ...(rest.type === undefined ? {} : { type: rest.type }),
    message: wording,
    ...(rest.afterMs === undefined ? {} : { afterMs: rest.afterMs }),
    source: rest.source ?? ENGLISH_PAGE,
    seenOn: SEEN,
  };
}

const REQUESTS_NATIVE: Wording = {
  old: 'Requests rate limit exceeded, please try again later.',
  current: 'Requests rate limit exceeded, please try again later.',
  international: 'Requests rate limit exceeded, try again later.',
};
const TOKENS_NATIVE = same('Allocated quota exceeded, please increase your quota limit.');
const BURST = same(
  'Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale requests more smoothly over time.',
);
const FREE_TIER: Wording = {
  old: 'The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, please disable the "use free tier only" mode in the management console.',
  current:
    'The free quota has been exhausted. To continue accessing the model on a paid basis, please complete your payment information （or disable the "use free tier only" mode in the management console if already completed).',
  international:
    'The free quota has been exhausted. To continue accessing the model on a paid basis, please complete your payment information （or disable the "use free tier only" mode in the management console if already completed).',
};
const ARREARS: Wording = {
  ...anchored('Access denied, please make sure your account is in good standing.', 'overdue-payment'),
  old: 'Access denied, plesase make sure your account is in good standing.',
};
const CAPACITY =
  'Too many requests. Your requests are being throttled due to system capacity limits. Please try again later.';
const SERVING = 'An error occurred in model serving, error message is: [Too many requests.]';

const LIMITS: readonly DocumentedError[] = [
  // Live text on qwen3-max 2025-26; the old text in the logs of several clients. The page itself still has a third one.
  row(
    'limit_requests',
    429,
    anchored('You have exceeded your current request limit.', 'rate-limit', 'You exceeded your current requests list.'),
    { native: 'Throttling.RateQuota', nativeMessage: REQUESTS_NATIVE },
  ),
  // Joined live body: github.com/gustavodiasdev/opencode-qwencode-auth/pull/8, posted 2026-03-31.
  row(
    'insufficient_quota',
    429,
    anchored('You exceeded your current quota, please check your plan and billing details.', 'token-limit'),
    { native: 'Throttling.AllocationQuota', nativeMessage: TOKENS_NATIVE },
  ),
  row('limit_burst_rate', 429, BURST, { native: 'Throttling.BurstRate' }),
  row('Throttling', 429, 'Requests throttling triggered.', { source: CHINESE_PAGE }),
  row('Throttling.RateQuota', 429, REQUESTS_NATIVE),
  row('LimitRequests', 429, 'You exceeded your current requests list.', { source: CHINESE_PAGE }),
  row('Throttling.AllocationQuota', 429, TOKENS_NATIVE),
  row('Throttling.BurstRate', 429, BURST),
  row('Throttling.Concurrency', 429, 'Too many concurrent requests.', {
    source: 'Qwen Cloud error messages page (stored copy)',
  }),
  // Verbatim in one relay's log of 2026-09.
  row('Throttling.ResourceExhausted', 429, SERVING),
  row('Throttling.ServiceOverloaded', 429, 'Too many requests.', {
    source: 'serving-layer design documents, probably alibaba/rtp-llm (stored copy)',
  }),
  row('Throttling.Aborted', 429, 'Too many requests.', {
    source: 'serving-layer design documents, probably alibaba/rtp-llm (stored copy)',
  }),
  row(
    'batch_throttled',
    429,
    'Too many requests. Batch requests are being throttled due to system capacity limits. Please try again later.',
    {
      native: 'Throttling.AllocationQuota',
      code: 'insufficient_quota',
    },
  ),
  row('free_quota_exceeded', 429, 'Free allocated quota exceeded.', {
    native: 'Throttling.AllocationQuota',
    code: 'insufficient_quota',
    source: 'https://github.com/QwenLM/qwen-code/issues/1742',
  }),
  row('AllocationQuota.FreeTierOnly', 403, FREE_TIER, { source: 'https://github.com/axoviq-ai/synthadoc/issues/215' }),
];

const PLAN_SOURCE = 'Coding Plan FAQ as cited in public sources (stored copy)';
const PLAN = { native: 'Throttling.AllocationQuota', code: 'insufficient_quota', source: PLAN_SOURCE };

const BILLING: readonly DocumentedError[] = [
  row('Arrearage', 400, ARREARS, { source: 'https://github.com/1Panel-dev/MaxKB/issues/5297' }),
  row('CommodityNotPurchased', 429, 'Commodity has not purchased yet.', { source: CHINESE_PAGE }),
  row('PrepaidBillOverdue', 429, 'The prepaid bill is overdue.', { source: CHINESE_PAGE }),
  row('PostpaidBillOverdue', 429, 'The postpaid bill is overdue.', { source: CHINESE_PAGE }),
  row('plan_hour_exceeded', 429, 'hour allocated quota exceeded', PLAN),
  row('plan_week_exceeded', 429, 'week allocated quota exceeded', PLAN),
  row('plan_month_exceeded', 429, 'month allocated quota exceeded', PLAN),
  row('plan_concurrency_exceeded', 429, 'concurrency allocated quota exceeded', PLAN),
  row('plan_usage_exceeded', 429, 'usage allocated quota exceeded', PLAN),
  row('token_plan_exhausted', 429, 'Your token-plan quota has been exhausted.', PLAN),
];

/** The server gives up after 300 s: the documented limit for language models. */
const SERVER_TIMEOUT_MS = 300_000;

const SERVER: readonly DocumentedError[] = [
  row('ModelServingError', 503, CAPACITY),
  row('ModelUnavailable', 503, 'Model is unavailable, please try again later.'),
  row('InternalError', 500, 'An internal error has occured, please try again later or contact service support.', {
    code: 'internal_error',
  }),
  row(
    'InternalError.Algo',
    500,
    'An error occurred in model serving, error message is: [Request rejected by inference engine!]',
  ),
  row('RequestTimeOut', 500, 'Request timed out, please try again later.', { afterMs: SERVER_TIMEOUT_MS }),
];

const CLIENT: readonly DocumentedError[] = [
  row('invalid_api_key', 401, 'Incorrect API key provided.', {
    native: 'InvalidApiKey',
    nativeMessage: same('Invalid API-key provided.'),
    type: 'invalid_request_error',
  }),
  row('model_not_found', 404, 'The model `{model}` does not exist or you do not have access to it.', {
    native: 'ModelNotFound',
    nativeMessage: same('Model can not be found.'),
    type: 'invalid_request_error',
  }),
  row('AccessDenied', 403, 'Access denied.', { code: 'access_denied' }),
  row(
    'AccessDenied.Unpurchased',
    403,
    'Access to model denied. Please make sure you are eligible for using the model.',
    { source: CHINESE_PAGE },
  ),
  row('DataInspectionFailed', 400, 'Input data may contain inappropriate content.', {
    code: 'data_inspection_failed',
    source: 'https://help.aliyun.com/zh/model-studio/developer-reference/error-code',
  }),
  row('InvalidParameter', 400, 'Required parameter(s) missing or invalid, please check the request parameters.', {
    code: 'invalid_parameter_error',
    type: 'invalid_request_error',
  }),
  row('InvalidURL', 400, 'Invalid URL provided in your request.', { source: CHINESE_PAGE }),
];

export const ERROR_TABLE: readonly DocumentedError[] = [...LIMITS, ...BILLING, ...SERVER, ...CLIENT];

/** By name, else by either code where only one entry carries it (`InvalidApiKey`, `data_inspection_failed`). */
const BY_NAME: ReadonlyMap<string, DocumentedError> = nameIndex();

function nameIndex(): Map<string, DocumentedError> {
  const index = new Map(ERROR_TABLE.map((entry) => [entry.name, entry]));
  for (const code of ERROR_TABLE.flatMap(({ nativeCode, code }) => [nativeCode, code])) {
    const carriers = ERROR_TABLE.filter((entry) => entry.nativeCode === code || entry.code === code);
    if (!index.has(code) && carriers.length === 1) index.set(code, carriers[0] as DocumentedError);
  }
  return index;
}

export function documentedError(name: string): DocumentedError | undefined {
  return BY_NAME.get(name);
}
