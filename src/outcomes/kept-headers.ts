const EXACT: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'date',
  'server',
  'via',
  'age',
  'retry-after',
  'retry-after-ms',
  'x-ms-retry-after-ms',
  'x-should-retry',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'rate_limit_type',
  'reset_at',
  'request-id',
  'x-request-id',
  'x-requestid',
  'apim-request-id',
  'x-oneapi-request-id',
  'x-kong-request-id',
  'x-amzn-requestid',
  'x-amzn-errortype',
  'x-amz-apigw-id',
  'x-ms-request-id',
  'x-ms-region',
  'x-ms-deployment-name',
  'azureml-model-session',
  'eagleeye-traceid',
  'cf-ray',
  'cf-mitigated',
  'traceparent',
  'openai-processing-ms',
  'openai-model',
  'openai-version',
  'req-arrive-time',
  'resp-start-time',
  'req-cost-time',
  'x-envoy-upstream-service-time',
  'x-kong-upstream-latency',
  'x-kong-proxy-latency',
  'x-envoy-ratelimited',
  'x-envoy-overloaded',
  'x-cache',
  'x-fallback-trail',
  'x-provider',
  'x-generation-id',
  'www-authenticate',
]);

const PREFIXES = [
  'x-ratelimit-',
  'x-tokenratelimit-',
  'x-ai-ratelimit-',
  'anthropic-ratelimit-',
  'helicone-',
  'x-dashscope-',
  'llm_provider-',
  'x-litellm-',
  'x-portkey-',
  'ngrok-aig-',
  'cf-aig-',
  'x-ca-',
];

/** Never kept, whatever their prefix says: they identify people or grant access. No name of `EXACT` is among them. */
const BARRED =
  /cookie|authorization|api-key$|apikey|secret|password|-key-(?:alias|hash|name)|user-(?:id|email)|organization|openai-project/;

/** True for a response header that transports keep. Takes lower-case names. */
export function isKeptHeader(lowercaseName: string): boolean {
  if (EXACT.has(lowercaseName)) return true;
  return PREFIXES.some((prefix) => lowercaseName.startsWith(prefix)) && !BARRED.test(lowercaseName);
}
