import type { TransportFault } from '../../model/fault-names.ts';
import { gatewayHeaders, JSON_TYPE, STREAM_TYPE } from '../wire/headers.ts';
import { PURPOSE, uniform } from './chance.ts';
import type { FaultAnswer } from './faults.ts';
import type { AnswerPlan, AnswerPlanned, CleanEnd, ResetPlanned } from './plan.ts';
import { edgeFault, type RefusedCall, statusRefusal, tableRefusal } from './refusal.ts';
import { refusalDelayMs, tokenAtMs } from './timing.ts';

/** `slow_headers`: added before the status line. `slow_body`: the share of the model's speed that is left. */
const SLOW_HEADERS_MS = 10_000;
const SLOW_BODY_SHARE = 0.05;

/** What a fault answers in front of the model; null for faults that spoil an answer. */
export function answerInFront(fault: FaultAnswer, refused: RefusedCall): AnswerPlan | null {
  switch (fault.kind) {
    case 'error':
      return tableRefusal(fault.error, 'fault', refused);
    case 'status':
      return statusRefusal(fault.status, refused);
    case 'transport':
      return transportInFront(fault.fault, refused);
    default:
      return fault satisfies never;
  }
}

function transportInFront(fault: TransportFault, refused: RefusedCall): AnswerPlan | null {
  switch (fault) {
    case 'hang':
      return { kind: 'hang' };
    case 'reset':
    case 'reset_after_headers':
      return reset(refused, fault === 'reset_after_headers');
    case 'html_502':
    case 'empty_429':
      return edgeFault(fault, refused);
    case 'cut_stream':
    case 'slow_headers':
    case 'slow_body':
      return null;
    default:
      return fault satisfies never;
  }
}

function reset({ call, chance, nowMs }: RefusedCall, afterHeaders: boolean): ResetPlanned {
  const headersAtMs = afterHeaders ? nowMs + refusalDelayMs(chance) : null;
  const atMs = (headersAtMs ?? nowMs) + refusalDelayMs(chance);
  const contentType = call.stream ? STREAM_TYPE : JSON_TYPE;
  const headers = gatewayHeaders({ chance, dialect: call.dialect, contentType, arrivedMs: nowMs, startsMs: atMs });
  return { kind: 'reset', atMs, headersAtMs, headers };
}

/** An answer under a fault that spoils it; unchanged under any other. */
export function spoiled(plan: AnswerPlanned, fault: TransportFault): AnswerPlanned {
  switch (fault) {
    case 'slow_headers':
      return {
        ...plan,
        headersAtMs: plan.headersAtMs + SLOW_HEADERS_MS,
        firstTokenAtMs: plan.firstTokenAtMs + SLOW_HEADERS_MS,
        finishedAtMs: plan.finishedAtMs + SLOW_HEADERS_MS,
      };
    case 'slow_body':
      return slowed(plan);
    case 'cut_stream':
      return cut(plan, 'reset');
    default:
      return plan;
  }
}

function slowed(plan: AnswerPlanned): AnswerPlanned {
  const tokensPerSecond = plan.tokensPerSecond * SLOW_BODY_SHARE;
  const lengthMs = (plan.completionTokens / tokensPerSecond) * 1000 + (plan.stall?.forMs ?? 0);
  const finishedAtMs = plan.firstTokenAtMs + lengthMs;
  return { ...plan, tokensPerSecond, finishedAtMs, headersAtMs: plan.call.stream ? plan.headersAtMs : finishedAtMs };
}

/** Ends the answer after 10 to 90 % of its tokens, at least one: broken off, or (with what is added) in good order. */
export function cut(plan: AnswerPlanned, how: 'reset' | CleanEnd): AnswerPlanned {
  const share = 0.1 + 0.8 * uniform(plan.chance, PURPOSE.cut);
  const afterTokens = Math.max(1, Math.floor(plan.completionTokens * share));
  const atMs = plan.call.stream ? tokenAtMs(plan, afterTokens) : plan.headersAtMs;
  const ending =
    how === 'reset'
      ? ({ kind: 'reset', afterTokens, atMs } as const)
      : ({ kind: 'clean', afterTokens, atMs, adds: how } as const);
  return { ...plan, finishedAtMs: atMs, ending };
}
