import type { Condition } from './rule.ts';

/** A sign of who produced an answer or through whom it came. First match of its table wins. */
export interface Mark {
  readonly name: string;
  readonly when: Condition;
  readonly source: string;
}

const DASHSCOPE_CODES =
  /^(?:throttling(?:\..*)?|limit_requests|limit_burst_rate|limitrequests|allocationquota\..*|arrearage|commoditynotpurchased|(?:prepaid|postpaid)billoverdue|modelservingerror|modelunavailable|internalerror\.algo.*|datainspectionfailed|data_inspection_failed|accessdenied\.unpurchased)$/;

/** Words that belong to one provider, wherever they are heard. */
export const PROVIDER_WORDS: readonly Mark[] = [
  {
    name: 'sensenova',
    when: { host: /sensenova/ },
    source: 'platform.sensenova.cn error codes, seen 2026-09-25',
  },
  {
    name: 'dashscope',
    when: { link: /(?:aliyun|alibabacloud)\.com/ },
    source: 'help.aliyun.com/zh/model-studio/error-code, seen 2026-11-21',
  },
  {
    name: 'dashscope',
    when: { id: DASHSCOPE_CODES },
    source: 'help.aliyun.com/zh/model-studio/error-code, seen 2026-11-21',
  },
  {
    name: 'dashscope',
    when: { says: /internalerror\.algo|allocated quota exceeded|request rate increased too quickly/ },
    source: 'alibabacloud.com/help/en/model-studio/error-code, seen 2026-11-21',
  },
  {
    name: 'dashscope',
    when: { header: /^x-dashscope-/ },
    source: 'response headers of DashScope answers, seen 2026-05',
  },
  {
    name: 'dashscope',
    when: { header: /^req-arrive-time: /, host: /^(?!.*openai\.com)/ },
    source: 'response headers of DashScope answers, seen 2025-09',
  },
  {
    name: 'dashscope',
    when: { header: /^llm_provider-(?:x-dashscope-|req-cost-time|req-arrive-time)/ },
    source: 'docs.litellm.ai/docs/proxy/response_headers, seen 2026-11-21',
  },
  {
    name: 'azure',
    when: { says: /azure openai|(?:openai|aiservices) s\d pricing tier/ },
    source: 'github.com/vanderschaarlab/climb/issues/1',
  },
  {
    name: 'azure',
    when: { header: /^(?:apim-request-id|x-ms-region|azureml-model-session|x-ms-deployment-name): / },
    source: 'github.com/microsoft/copilot-camp/issues/551',
  },
  { name: 'azure', when: { link: /aka\.ms\/oai/ }, source: 'github.com/vanderschaarlab/climb/issues/1' },
  {
    name: 'groq',
    when: { link: /console\.groq\.com/ },
    source: 'Groq documentation, errors page',
  },
  {
    name: 'openai',
    when: { link: /(?:platform|help|community)\.openai\.com/ },
    source: 'platform.openai.com/docs/guides/error-codes',
  },
  {
    name: 'openai',
    when: { id: /^usage_limit_reached$/, fact: /^plan_type=/ },
    source: 'github.com/james-6-23/codex2api/issues/9',
  },
  {
    name: 'openai',
    when: { id: /^(?:billing_not_active|billing_hard_limit_reached)$/ },
    source: 'platform.openai.com/docs/guides/error-codes',
  },
  {
    name: 'google',
    when: { link: /ai\.google\.dev|cloud\.google\.com|googleapis\.com/ },
    source: 'ai.google.dev/gemini-api/docs/rate-limits',
  },
  {
    name: 'google',
    when: { fact: /^status=resource_exhausted$/, says: /resource (?:has been )?exhausted|quota/ },
    source: 'github.com/tech-shrimp/gemini-balance-lite/issues/7: google.rpc status names beside a numeric code',
  },
  {
    name: 'google',
    when: { fact: /^quotametric=.*googleapis\.com/ },
    source: 'ai.google.dev/gemini-api/docs/rate-limits',
  },
  {
    name: 'anthropic',
    when: { link: /(?:docs|www|console|support|platform|api)\.(?:anthropic|claude)\.com/ },
    source: 'docs.anthropic.com/en/api/rate-limits',
  },
  {
    name: 'anthropic',
    when: { header: /^anthropic-(?:ratelimit|organization)/ },
    source: 'docs.anthropic.com/en/api/rate-limits',
  },
  { name: 'anthropic', when: { fact: /^request_id=req_01/ }, source: 'github.com/anthropics/claude-code/issues/56735' },
  {
    name: 'moonshot',
    when: { id: /^(?:rate_limit_reached_error|exceeded_current_quota_error|engine_overloaded_error)$/ },
    source: 'platform.moonshot.cn/docs/api/chat errors',
  },
  {
    name: 'moonshot',
    when: { link: /platform\.(?:moonshot|kimi)\./ },
    source: 'platform.moonshot.cn/docs/pricing/limits',
  },
  {
    name: 'siliconflow',
    when: { says: /rejected due to rate limiting/ },
    source: 'docs.siliconflow.cn/cn/faqs/error-code',
  },
  {
    name: 'volcengine-ark',
    when: {
      id: /^(?:(?:model|api)?account(?:[rti]pm)?ratelimitexceeded|ratelimitexceeded\.(?:endpoint|foundationmodel).*|requestbursttoofast|inflightbatchsizeexceeded|serveroverloaded|accountoverdueerror|setlimitexceeded|accountquotaexceeded|operationdenied\.serviceoverdue)$/,
    },
    source: 'www.volcengine.com/docs/82379/1299023 (Ark error codes)',
  },
  { name: 'minimax', when: { fact: /^has=base_resp$/ }, source: 'platform.minimaxi.com error codes' },
  {
    name: 'minimax',
    when: { says: /\((?:10\d\d|20[45]\d)\)$/m, fact: /^http_code=\d/ },
    source: 'platform.minimax.io/docs/api-reference/errorcode: its codes in brackets behind the message',
  },
  {
    name: 'modelscope',
    when: { fact: /^has=errors$/, says: /^request limit exceeded|today's quota for model/m },
    source: 'github.com/musistudio/claude-code-router/issues/462: `errors` as an object with a request_id',
  },
  {
    name: 'deepseek',
    when: { says: /authentication fails, ?your api key|authentication fails \(/ },
    source: 'api-docs.deepseek.com/quick_start/error_codes',
  },
  {
    name: 'fireworks',
    when: { link: /fireworks\.ai/ },
    source: 'docs.fireworks.ai error bodies link to the account page',
  },
  {
    name: 'cohere',
    when: { link: /dashboard\.cohere\.com/, says: /trial key|production key/ },
    source: 'docs.cohere.com/docs/rate-limits',
  },
  {
    name: 'openai',
    when: { type: /^(?:requests|tokens)$/, code: /^rate_limit_exceeded$/, link: /^$/, host: /^(?!.*(?:groq|azure))/ },
    source: 'github.com/popjane/free_chatgpt_api/issues/7',
  },
  {
    name: 'mistral',
    when: { id: /^service_tier_capacity_exceeded$/ },
    source: 'docs.mistral.ai error bodies',
  },
  {
    name: 'bedrock',
    when: { header: /^x-amzn-(?:errortype|requestid): /, headerNot: /^x-amz-apigw-id: /, host: /^(?!.*execute-api)/ },
    source: 'docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html',
  },
];
