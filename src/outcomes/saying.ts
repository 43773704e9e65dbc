import type { Value } from './documents.ts';

const SUCCESS_CODES = new Set(['', '0', '00000', '10000', '200', 'success', 'ok', 'null', 'none']);
const isSuccess = (value: Value | undefined) =>
  value === undefined || value === null || SUCCESS_CODES.has(String(value).toLowerCase());

const isFilled = (value: Value | undefined) =>
  value !== undefined && value !== null && value !== '' && value !== false && value !== 0 && !isEmptyContainer(value);

const isEmptyContainer = (value: Value) =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/**
 * True when a document presents itself as an error although nothing outside says so: an `error` member, a failed
 * `base_resp` (MiniMax), `error_code` (Qianfan), `header` (Spark), a non-success `code` with a message and no answer
 * beside it.
 */
export function saysError(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(saysError);
  const record = value as { readonly [key: string]: Value };
  if (isFilled(record.error) || isFilled(record.errors) || record.type === 'error' || record.success === false)
    return true;
  if (isFilled(record.error_code) || isFilled(record.error_msg)) return true;
  const nested = record.base_resp ?? record.Response ?? record.response;
  if (typeof nested === 'object' && nested !== null && !Array.isArray(nested)) {
    const inner = nested as { readonly [key: string]: Value };
    if (!isSuccess(inner.status_code) || isFilled(inner.Error) || isFilled(inner.error)) return true;
  }
  if (failedHeader(record.header)) return true;
  if (endedInError(record.choices)) return true;
  const answers = record.choices ?? record.output ?? record.data ?? record.result;
  return !isFilled(answers) && !isSuccess(record.code) && isFilled(record.message ?? record.msg ?? record.code);
}

/** Spark puts `code` and `message` of every frame under `header`; 0 is success. */
function failedHeader(header: Value | undefined): boolean {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return false;
  const { code, message } = header as { readonly [key: string]: Value };
  return isFilled(message) && !isSuccess(code);
}

function endedInError(choices: Value | undefined): boolean {
  if (!Array.isArray(choices)) return false;
  return choices.some((choice: Value) => {
    if (typeof choice !== 'object' || choice === null || Array.isArray(choice)) return false;
    const { error, finish_reason: reason } = choice as { readonly [key: string]: Value };
    return isFilled(error) || reason === 'error';
  });
}

const STATED = [
  /<([45]\d\d)>/,
  /\b(?:error code|status code|statuscode|status|http(?:\/\d(?:\.\d)?)?|code)\s?[:=]?\s?\(?([45]\d\d)\b/,
  /^([45]\d\d)\b/,
  /[:\s]([45]\d\d)\)/,
] as const;

/** HTTP statuses that a message names: `<429> InternalError.Algo`, `Error code: 429 - ...`, `402 Insufficient Balance`. */
export function statedStatuses(folded: string): readonly number[] {
  const found: number[] = [];
  for (const pattern of STATED) {
    const match = pattern.exec(folded);
    if (match) found.push(Number(match[1]));
  }
  return found;
}

const CURRENT_AND_LIMIT = /current ([a-z_]{3,24}): (\d{1,19}), \1(?: limit)?: (\d{1,19})/g;
const ACTUAL_OVER_LIMIT =
  /\b(rp[smdh]|tp[smdh]|concurrency) ?\((?:actual ?\/ ?limit\)? ?:? ?)?(\d{1,19}) ?\/ ?(\d{1,19})/g;

/** Resources of which a message states that more was used than allowed: `current rpm: 1, rpm limit: 1`, `TPM(12/10)`. */
export function exceeded(folded: string): readonly string[] {
  const pairs = [...folded.matchAll(CURRENT_AND_LIMIT), ...folded.matchAll(ACTUAL_OVER_LIMIT)];
  return pairs.filter(([, , used, limit]) => Number(used) >= Number(limit)).map(([, resource]) => resource ?? '');
}
