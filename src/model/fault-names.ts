/** Errors of the simulated service that a scenario can script: each is a row of the simulator's table. */
export const ERROR_NAMES = [
  'limit_requests',
  'insufficient_quota',
  'limit_burst_rate',
  'Throttling',
  'Throttling.RateQuota',
  'LimitRequests',
  'Throttling.AllocationQuota',
  'Throttling.BurstRate',
  'Throttling.Concurrency',
  'Throttling.ResourceExhausted',
  'Throttling.ServiceOverloaded',
  'Throttling.Aborted',
  'batch_throttled',
  'free_quota_exceeded',
  'AllocationQuota.FreeTierOnly',
  'Arrearage',
  'CommodityNotPurchased',
  'PrepaidBillOverdue',
  'PostpaidBillOverdue',
  'plan_hour_exceeded',
  'plan_week_exceeded',
  'plan_month_exceeded',
  'plan_concurrency_exceeded',
  'plan_usage_exceeded',
  'token_plan_exhausted',
  'ModelServingError',
  'ModelUnavailable',
  'InternalError',
  'InternalError.Algo',
  'RequestTimeOut',
  'invalid_api_key',
  'model_not_found',
  'AccessDenied',
  'AccessDenied.Unpurchased',
  'DataInspectionFailed',
  'InvalidParameter',
  'InvalidURL',
] as const;
export type ErrorName = (typeof ERROR_NAMES)[number];

/** Codes that are the name of no row but are carried by exactly one. */
const ERROR_CODES = [
  'internal_error',
  'InvalidApiKey',
  'ModelNotFound',
  'access_denied',
  'data_inspection_failed',
  'invalid_parameter_error',
] as const;

/** Faults that are no error of the service: of the transport, or of something in front of the model. */
export const TRANSPORT_FAULTS = [
  'reset',
  'reset_after_headers',
  'cut_stream',
  'hang',
  'slow_headers',
  'slow_body',
  'html_502',
  'empty_429',
] as const;
export type TransportFault = (typeof TRANSPORT_FAULTS)[number];

/** What a scenario's fault is called; the codes stand for a row that has another name. */
export const FAULT_NAMES: readonly string[] = [...ERROR_NAMES, ...TRANSPORT_FAULTS];

/** Whether the simulator can answer this: one of the names, a code that tells one, or an HTTP status from 200 to 599. */
export function isFaultAnswer(answer: number | string): boolean {
  const status = typeof answer === 'number' || /^\d+$/.test(answer) ? Number(answer) : null;
  if (status !== null) return Number.isInteger(status) && status >= 200 && status <= 599;
  return FAULT_NAMES.includes(String(answer)) || (ERROR_CODES as readonly string[]).includes(String(answer));
}
