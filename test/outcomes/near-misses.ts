/** Bodies that share words or status with a limit and are none: none of them may be called one. */
export interface NearMiss {
  readonly status: number;
  readonly body: string;
  readonly baseUrl?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly why: string;
}

const error = (message: string, code: string | null = null, type: string | null = 'invalid_request_error') =>
  JSON.stringify({ error: { message, type, param: null, code } });
const native = (code: string, message: string) =>
  JSON.stringify({ request_id: '1b0a7c22-5f11-9c3e-8a55-0f3d2b7a9e10', code, message });
const answer = (content: string, finishReason = 'stop') =>
  JSON.stringify({
    id: 'chatcmpl-1',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finishReason }],
  });

export const NEAR_MISSES: readonly NearMiss[] = [
  { status: 401, body: error('Incorrect API key provided.', 'invalid_api_key'), why: 'bad key' },
  {
    status: 401,
    body: error('Your API key is invalid, please check your quota page'),
    why: 'bad key with the word quota',
  },
  {
    status: 401,
    body: '{"error":{"message":"无效的令牌 (request id: 20251121103020123456789)","type":"one_api_error"}}',
    why: 'relay: unknown token',
  },
  { status: 401, body: error('该令牌已过期', null, 'new_api_error'), why: 'relay: expired token' },
  { status: 403, body: native('AccessDenied', 'Access denied.'), why: 'not entitled; free quota is only one cause' },
  {
    status: 403,
    body: native(
      'AccessDenied.Unpurchased',
      'Access to model denied. Please make sure you are eligible for using the model.',
    ),
    why: 'service not activated',
  },
  { status: 403, body: error('Your organization must be verified to use the model', null), why: 'verification' },
  {
    status: 403,
    body: error(
      'Country, region, or territory not supported',
      'unsupported_country_region_territory',
      'request_forbidden',
    ),
    why: 'region',
  },
  {
    status: 404,
    body: error('The model `qwen9` does not exist or you do not have access to it.', 'model_not_found'),
    why: 'bad model',
  },
  { status: 404, body: error('Billing page not found'), why: 'bare word billing' },
  { status: 400, body: error('Quota is not a valid parameter name'), why: 'bare word quota' },
  { status: 400, body: error('Unknown field: quota_project'), why: 'bare word quota in a field' },
  {
    status: 400,
    body: error(
      'InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 32768]',
      'invalid_parameter_error',
    ),
    why: 'parameter range; InternalError.Algo also wraps limits',
  },
  {
    status: 400,
    body: error(
      '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]',
      'invalid_parameter_error',
    ),
    why: 'prompt too long',
  },
  {
    status: 400,
    body: error(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens.",
      'context_length_exceeded',
    ),
    why: 'context exceeded',
  },
  {
    status: 400,
    body: error(
      'max_tokens is too large: 100000. This model supports at most 16384 completion tokens.',
      'invalid_value',
    ),
    why: 'max_tokens',
  },
  {
    status: 400,
    body: error('prompt is too long: 210000 tokens > 200000 maximum'),
    why: 'prompt too long, Anthropic wording',
  },
  {
    status: 400,
    body: error('This request exceeds the token limit of the model'),
    why: 'token limit of the model, not of the account',
  },
  {
    status: 400,
    body: error('Input tokens exceed the configured maximum of 272000 tokens'),
    why: 'one request too large',
  },
  {
    status: 413,
    body: error('Request body too large for this model. Max size: 8000 tokens.', 'tokens_limit_reached'),
    why: 'one request too large',
  },
  {
    status: 413,
    body: '<html><head><title>413 Request Entity Too Large</title></head></html>',
    headers: { server: 'nginx' },
    why: 'body size at a proxy',
  },
  { status: 400, body: error('Image size exceeds the maximum limit of 10 MB'), why: 'file size' },
  { status: 400, body: error('Too many images in request: 20 > 10'), why: 'a count within one request' },
  { status: 400, body: error('Too many tools: the maximum number of tools is 128'), why: 'a count within one request' },
  {
    status: 400,
    body: native('DataInspectionFailed', 'Output data may contain inappropriate content.'),
    why: 'content filter',
  },
  {
    status: 400,
    body: error('输入内容包含敏感内容', '1301', null),
    baseUrl: 'https://open.bigmodel.cn/api/paas/v4',
    why: 'content filter in Chinese',
  },
  {
    status: 400,
    body: error(
      'The response was filtered due to the prompt triggering content management policy',
      'content_filter',
      null,
    ),
    why: 'Azure content filter',
  },
  { status: 400, body: error('concurrency must be an integer', 'invalid_value'), why: 'bare word concurrency' },
  {
    status: 400,
    body: error('rate_limit is not an allowed option', 'unknown_parameter'),
    why: 'parameter called rate_limit',
  },
  {
    status: 422,
    body: '{"detail":[{"loc":["body","burst"],"msg":"field required","type":"value_error.missing"}]}',
    why: 'field called burst',
  },
  {
    status: 429,
    body: error('当前分组上游负载已饱和，请稍后再试', 'bad_response_status_code', 'upstream_error').replace(
      '"param":null',
      '"param":"404"',
    ),
    why: 'status mapping: the upstream said 404',
  },
  {
    status: 429,
    body: error('当前分组上游负载已饱和，请稍后再试', 'bad_response_status_code', 'upstream_error').replace(
      '"param":null',
      '"param":"401"',
    ),
    why: 'status mapping: the upstream said 401',
  },
  { status: 429, body: error('Incorrect API key provided: sk-***', 'invalid_api_key'), why: 'bad key behind 429' },
  { status: 429, body: error('The model `gpt-9` does not exist', 'model_not_found'), why: 'bad model behind 429' },
  {
    status: 429,
    body: native('Throttling', 'Only 20 fine-tune job in running or succeeded allowed per user.'),
    why: 'training slots',
  },
  {
    status: 429,
    body: error('Maximum voice-clone voice limit exceeded.', 'insufficient_quota', 'insufficient_quota'),
    why: 'voice slots',
  },
  {
    status: 500,
    body: error('The server had an error while processing your request', null, 'server_error'),
    why: 'plain failure',
  },
  {
    status: 500,
    body: native('InternalError', 'An internal error has occured, please try again later or contact service support.'),
    why: 'plain failure',
  },
  { status: 500, body: native('RequestTimeOut', 'Request timed out, please try again later.'), why: 'server gave up' },
  {
    status: 502,
    body: '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx/1.22.1</center></body></html>',
    headers: { server: 'nginx' },
    why: 'dead upstream',
  },
  {
    status: 504,
    body: '<html><head><title>504 Gateway Time-out</title></head><body>504</body></html>',
    headers: { server: 'nginx' },
    why: 'slow upstream',
  },
  {
    status: 503,
    body: '<html><body>Scheduled maintenance. Rate limits and quota pages are offline.</body></html>',
    why: 'HTML with limit words',
  },
  {
    status: 200,
    body: answer('HTTP 429: you exceeded your current quota, rate limit exceeded'),
    why: 'the model talks about limits',
  },
  {
    status: 200,
    body: answer('{"error":{"code":"Throttling.RateQuota","message":"Too many requests"}}'),
    why: 'the model writes an error body',
  },
  { status: 200, body: answer('余额不足，请充值'), why: 'the model talks about balance in Chinese' },
  {
    status: 200,
    body: 'data: {"choices":[{"delta":{"content":"event:error\\n:HTTP_STATUS/429"},"finish_reason":null}]}\n\ndata: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    why: 'an error frame as streamed content',
  },
  { status: 200, body: answer('cut', 'length'), why: 'max_tokens reached is a normal end' },
  { status: 400, body: error('Missing required parameter: messages', 'missing_required_parameter'), why: 'parameter' },
  { status: 405, body: 'Method Not Allowed', why: 'wrong method' },
  {
    status: 400,
    body: error('Your account is not allowed to use overload functions', 'invalid_parameter'),
    why: 'the word overload',
  },
  {
    status: 404,
    body: '{"error":{"message":"No endpoints found for qwen/qwen9","code":404}}',
    baseUrl: 'https://openrouter.ai/api/v1',
    why: 'bad model at OpenRouter',
  },
];
