import { type ExchangeLike, type Explanation, explain as explainExchange } from '../outcomes/explain.ts';
import { type CommandResult, errorMessage, usageFailure } from './failure.ts';

export type { ExchangeLike, Explanation };

export function explain(exchange: ExchangeLike, now: Date): Explanation {
  return explainExchange(exchange, now.getTime());
}

/** One line of `explain --json`: names fixed, so that scripts outlive versions. */
export function explanationLine(explanation: Explanation): string {
  const { kind, limit, origin, originName, rewrittenBy, heals, retryAfterMs, ruleId, advice } = explanation;
  return JSON.stringify({
    kind,
    limit,
    origin,
    originName,
    rewrittenBy,
    heals,
    retryAfterMs,
    ruleId,
    advice: advice.headline,
  });
}

/** Reads `{status, headers, body, baseUrl?, model?}`; a body that is an object is taken as its JSON text. */
export function readExchangeLine(line: string, number: number): CommandResult<{ readonly exchange: ExchangeLike }> {
  const bad = (message: string) =>
    usageFailure({
      code: 'bad-exchange',
      severity: 'error',
      message: `line ${number}: ${message}`,
      hint: 'one JSON object per line: {"status":429,"headers":{},"body":"..."}',
      where: null,
    });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return bad(errorMessage(error));
  }
  if (typeof value !== 'object' || value === null || !('body' in value)) return bad('no "body" in it');
  const { status, headers, body, baseUrl, model } = value as Record<string, unknown>;
  return {
    ok: true,
    exchange: {
      status: typeof status === 'number' ? status : null,
      headers: lowerCased(headers),
      body: typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body),
      ...(typeof baseUrl === 'string' ? { baseUrl } : {}),
      ...(typeof model === 'string' ? { model } : {}),
    },
  };
}

function lowerCased(headers: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Object(headers)).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
