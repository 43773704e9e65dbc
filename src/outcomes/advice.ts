import type { Limited, Outcome } from '../model/outcome.ts';
import { RULES } from './rules/all.ts';

/** What to do about an outcome, in words for people. */
export interface Advice {
  readonly headline: string;
  readonly steps: readonly string[];
  /** Page or observation behind the rule that decided. */
  readonly source: string;
}

export interface AdviceContext {
  readonly model: string;
  readonly baseUrl: string | null;
}

const RATE_PAGE = 'help.aliyun.com/zh/model-studio/rate-limit';

function seconds(waitMs: number): string {
  if (waitMs < 1000) return `${waitMs} ms`;
  if (waitMs < 120_000) return `${Math.round(waitMs / 100) / 10} s`;
  return waitMs < 7_200_000 ? `${Math.round(waitMs / 60_000)} min` : `${Math.round(waitMs / 3_600_000)} h`;
}

function waitStep(outcome: Limited): string[] {
  const { retryAfterMs, heals } = outcome;
  if (heals === 'never') return ['Do not retry: waiting changes nothing.'];
  if (retryAfterMs !== null) return [`Wait ${seconds(retryAfterMs)} before the next try, as the answer asks.`];
  if (heals === 'seconds')
    return ['Wait with jittered back-off that spans a whole minute, not only 1-2-4 s: minute windows outlast it.'];
  return heals === 'window' ? ['Wait for the end of the window; retries until then are refused.'] : [];
}

const BY_LIMIT: Readonly<Record<Limited['limit'], { readonly headline: string; readonly steps: readonly string[] }>> = {
  requests: {
    headline: 'Too many requests per minute or per second',
    steps: [
      'Pace sends evenly: at most min(RPM, 60 x RPS) a minute, with gaps of at least 1000 / RPS ms.',
      'Merge small requests; move what can wait to the batch API.',
      'If the steady need is higher, apply for a higher RPM of this model. Further keys of one account share its quota.',
    ],
  },
  tokens: {
    headline: 'Too many tokens per minute or per second',
    steps: [
      'Shorten prompts and lower max_tokens: some providers reserve max_tokens at admission.',
      'Pace by estimated tokens, not by requests; spread long prompts over the minute.',
      'If the steady need is higher, apply for a higher TPM of this model.',
    ],
  },
  burst: {
    headline: 'The request rate rose too quickly, although no minute limit is reached',
    steps: [
      'Smooth the ramp: raise the rate over a minute or more, also after idle time.',
      'Start workers one after another instead of all at once.',
      'At DashScope the header X-DashScope-Wait-Timeout makes the server queue such requests instead of refusing them.',
    ],
  },
  concurrency: {
    headline: 'Too many requests at the same time',
    steps: [
      'Cap requests in flight; a slot frees when any of them ends.',
      'Shorten answers: each holds its slot until it ends.',
    ],
  },
  free_quota: {
    headline: 'The free allowance is used up',
    steps: [
      'Switch the model to paid use, or turn off the stop at the free tier in its settings.',
      'Use another model that still has an allowance.',
    ],
  },
  billing: {
    headline: 'The account, plan or budget behind this key is used up',
    steps: ['Check balance, plan window and budget of the account that owns the key, then pay or raise them.'],
  },
  overload: {
    headline: 'The service has no capacity right now: not your quota',
    steps: [
      'Retry with back-off, or let a second model or region take over.',
      'Report how often it happens at what rate: only the operator can change it.',
    ],
  },
  unknown: {
    headline: 'A limit, but nothing in the answer says which',
    steps: [
      'Watch how it recovers: within a minute points to a rate, never to balance.',
      'Lower the rate and the tokens separately to see which one ends it.',
    ],
  },
};

function relayStep(outcome: Limited): string[] {
  const name = outcome.rewrittenBy ?? outcome.originName ?? 'relay';
  if (outcome.rewrittenBy !== null)
    return [
      `Ask the operator of the relay (${name}) for the upstream's own message: the relay replaced or wrapped it.`,
    ];
  if (outcome.origin === 'relay')
    return [`The relay itself (${name}) refused: talk to its operator, not to the model provider.`];
  if (outcome.origin === 'edge')
    return [`A proxy in front (${name}) refused before the model service saw the request.`];
  return [];
}

function candidateStep(outcome: Limited): string[] {
  const [first, ...rest] = outcome.candidates;
  return first === undefined ? [] : [`It may be: ${[first, ...rest].join(', ')}.`];
}

const sourceOf = (ruleId: string | null) => RULES.find((rule) => rule.id === ruleId)?.source ?? RATE_PAGE;

function adviseLimited(outcome: Limited, context: AdviceContext): Advice {
  const { headline, steps } = BY_LIMIT[outcome.limit];
  const who = outcome.originName === null ? '' : ` (${outcome.originName})`;
  return {
    headline: `${headline}${who}${context.model === '' ? '' : `, model ${context.model}`}`,
    steps: [...waitStep(outcome), ...candidateStep(outcome), ...steps, ...relayStep(outcome)],
    source: sourceOf(outcome.ruleId),
  };
}

const plain = (headline: string, steps: readonly string[], ruleId: string | null = null): Advice => ({
  headline,
  steps,
  source: sourceOf(ruleId),
});

/** What to do, by kind of outcome and by who caused it. */
export function advise(outcome: Outcome, context: AdviceContext): Advice {
  switch (outcome.kind) {
    case 'limited':
      return adviseLimited(outcome, context);
    case 'ok':
      return plain('No error', ['Nothing to do.']);
    case 'truncated':
      return plain('The answer ended without a finish reason: it was cut, however cleanly', [
        'Count it as failed and repeat the request.',
        'Behind a relay, compare with a direct call: relays end cut streams with [DONE].',
      ]);
    case 'auth':
      return plain(
        'Not a limit: key or permission',
        ['Check that the key belongs to this host and region and may use the model.'],
        outcome.ruleId,
      );
    case 'client_error':
      return plain(
        'Not a limit: the request was refused for what it is',
        ['Read the message and change the request; retries give the same answer.'],
        outcome.ruleId,
      );
    case 'server_error':
      return plain(
        'Not a limit as far as the answer tells: the service failed',
        ['Retry with back-off and watch whether it comes with load.'],
        outcome.ruleId,
      );
    case 'timeout':
      return plain(`No answer in time (${outcome.phase})`, [
        'Raise the timeout only after checking latency at a lower rate.',
      ]);
    case 'connection':
      return plain(`The connection failed (${outcome.phase}, ${outcome.code})`, [
        'Check host, proxy and TLS; under load, check open sockets and keep-alive.',
      ]);
    case 'not_sent':
      return plain(`Not sent (${outcome.reason})`, [
        'The generator kept to its plan or its caps; see the health section of the report.',
      ]);
    case 'cancelled':
      return plain('Cancelled by the run', ['Nothing to do.']);
    case 'lost':
      return plain('The process ended while the request was in flight', [
        'Its cost is counted, its answer is unknown.',
      ]);
  }
}
