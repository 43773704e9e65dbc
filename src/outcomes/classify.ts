import type { Exchange } from '../model/exchange.ts';
import type { Limited, Outcome } from '../model/outcome.ts';
import { type ClassifyContext, type Evidence, readEvidence } from './evidence.ts';
import { decide, type Rule, type Speaker } from './rule.ts';
import { RULES } from './rules/all.ts';
import { identifySpeaker } from './speaker.ts';
import { readHeals, readRetryAfterMs } from './waiting.ts';

/** An outcome with what led to it. */
export interface Reading {
  readonly outcome: Outcome;
  readonly evidence: Evidence;
  readonly speaker: Speaker;
  readonly rule: Rule | null;
}

function limited(rule: Rule, reading: Omit<Reading, 'outcome' | 'rule'>, nowWallMs: number | undefined): Limited {
  const { evidence, speaker } = reading;
  const retryAfterMs = readRetryAfterMs(evidence, nowWallMs);
  const known = speaker.originName;
  return {
    kind: 'limited',
    limit: rule.verdict as Limited['limit'],
    origin: rule.origin ?? speaker.origin,
    originName: rule.originName ?? known,
    rewrittenBy: rule.origin === 'relay' && speaker.rewrittenBy === known ? null : speaker.rewrittenBy,
    hops: speaker.hops,
    ruleId: rule.id,
    candidates: rule.candidates ?? [],
    retryAfterMs,
    heals: readHeals(rule.heals, retryAfterMs),
  };
}

function unruled(status: number | null): Outcome {
  if (status === 401 || status === 403) return { kind: 'auth', status, ruleId: null };
  if (status !== null && status >= 300 && status < 500) return { kind: 'client_error', status, ruleId: null };
  return { kind: 'server_error', status, ruleId: null };
}

function judged(rule: Rule | null, reading: Omit<Reading, 'outcome' | 'rule'>, nowWallMs: number | undefined): Outcome {
  const { status, stated, types } = reading.evidence;
  if (rule === null) {
    const inside = status === 200 ? (stated[0] ?? (types.includes('invalid_request_error') ? 400 : null)) : null;
    const outcome = unruled(inside ?? status);
    return 'status' in outcome ? { ...outcome, status } : outcome;
  }
  switch (rule.verdict) {
    case 'auth':
    case 'client_error':
    case 'server_error':
      return { kind: rule.verdict, status, ruleId: rule.id };
    default:
      return limited(rule, reading, nowWallMs);
  }
}

type Answer = Pick<Exchange, 'status' | 'headers' | 'body' | 'errorFrames' | 'finishReason' | 'transportError'>;

/** Why no verdict of the other side is needed: we stopped, waited too long, or the line broke before an error came. */
function withoutAnswer(answer: Answer): Outcome | null {
  const { transportError, status } = answer;
  if (transportError === null || (status !== null && status >= 400) || answer.errorFrames.length > 0) return null;
  switch (transportError.kind) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'timeout':
      return { kind: 'timeout', phase: transportError.phase };
    case 'connection':
      return { kind: 'connection', phase: transportError.phase, code: transportError.code };
  }
}

function succeeded(answer: Answer, evidence: Evidence): Outcome {
  const reasons = evidence.finishReasons;
  const reason = answer.finishReason ?? reasons.at(-1) ?? null;
  if (reason === 'error') return { kind: 'server_error', status: answer.status, ruleId: null };
  if (reason !== null && reason !== 'null') return { kind: 'ok' };
  const isStream = /event-stream/i.test(evidence.headers['content-type'] ?? '') || evidence.shape === 'stream';
  if (isStream || evidence.shape === 'empty' || isCutDocument(answer.body)) return { kind: 'truncated' };
  if (evidence.shape === 'html') return { kind: 'server_error', status: answer.status, ruleId: null };
  return { kind: 'ok' };
}

/**
 * A document that begins and does not end. Bodies up to the close (HTTP/1.0) and streams of HTTP/2 that are reset end
 * as whole ones do.
 */
function isCutDocument({ head, tail }: Answer['body']): boolean {
  const first = head.trimStart()[0];
  const last = (tail === '' ? head : tail).trimEnd().at(-1);
  return (first === '{' && last !== '}') || (first === '[' && last !== ']');
}

const OK: Outcome = { kind: 'ok' };

/** The common case, decided without reading the body: the decoder saw the answer end as it should. */
function isFinished(answer: Answer): boolean {
  const { status, transportError, errorFrames, finishReason } = answer;
  if (status !== 200 || transportError !== null || errorFrames.length > 0) return false;
  return finishReason !== null && finishReason !== 'null' && finishReason !== 'error';
}

/** Classifies with a given table: tests build engines without one rule. */
export function readWith(rules: readonly Rule[], answer: Answer, context: ClassifyContext): Reading {
  const evidence = readEvidence(answer, context);
  const speaker = identifySpeaker(evidence);
  const early = withoutAnswer(answer);
  if (early) return { outcome: early, evidence, speaker, rule: null };
  const failed = answer.status === null || answer.status >= 300 || evidence.isError;
  if (!failed) return { outcome: succeeded(answer, evidence), evidence, speaker, rule: null };
  const rule = decide(rules, evidence, speaker);
  return { outcome: judged(rule, { evidence, speaker }, context.nowWallMs), evidence, speaker, rule };
}

/**
 * What one exchange means. Pure and total: any status, headers and body give an outcome, in time linear in the body, of
 * which at most 64 KiB are read.
 */
export function classify(exchange: Exchange, context: ClassifyContext): Outcome {
  if (isFinished(exchange)) return OK;
  return readWith(RULES, exchange, context).outcome;
}
