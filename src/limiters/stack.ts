import type { Limiter } from '../model/limiter.ts';
import type { LimitName } from '../model/quota.ts';
import type { SimulatorLimits, TokenAccounting } from '../model/simulator.ts';
import { concurrency } from './concurrency.ts';
import { freeQuota } from './free-quota.ts';
import { limiterFor } from './limiter-for.ts';
import { rateIncrease } from './rate-increase.ts';
import { type AccountedTokens, actualTokens, admissionTokens, askedTokens } from './token-accounting.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;

export type StackLimitName = LimitName | 'free_tokens';

export interface StackCall {
  readonly promptTokens: number;
  /** Null = the call states no ceiling: then nothing can be reserved beyond the prompt. */
  readonly maxTokens: number | null;
}

/** What an admitted call holds; handed back to `finish`. */
export interface StackBooking {
  readonly atMs: number;
  readonly call: StackCall;
}

export interface StackDecision {
  readonly admitted: boolean;
  /** The first limit, in order of evaluation, that refused. */
  readonly refusedBy: StackLimitName | null;
  readonly delayMs: number;
  /** Of the limit that refused. */
  readonly retryAfterMs: number | null;
  /** Null when refused. */
  readonly booked: StackBooking | null;
}

/** One limiter's state per limit that is on, in order of evaluation. */
export type StackState = unknown[];

export interface LimiterStack {
  /** One line per limit that is on, in order of evaluation. */
  readonly descriptions: readonly string[];
  init(): StackState;
  arrive(state: StackState, nowMs: number, call: StackCall): StackDecision;
  /** Call it once for every admitted call, also for one that was cut off. */
  finish(state: StackState, nowMs: number, booked: StackBooking, actual: AccountedTokens): void;
}

export interface StackOptions {
  /** Where clock-aligned windows begin on the caller's time axis; 0 unless said. */
  readonly phaseMs?: number;
}

interface Member {
  readonly name: StackLimitName;
  readonly limiter: Limiter<unknown>;
  /** Null = costs one per call. */
  readonly accounting: TokenAccounting | null;
  /** Asks whether anything at all is left instead of whether the whole call fits. */
  readonly asksForAny: boolean;
  readonly countsRefused: boolean;
}

/**
 * All limits of one account and model. A call must pass every one of them; a refused call consumes nothing, except in
 * limits that count refused calls. Evaluated in the order free tokens, RPS, RPM, TPS, TPM, concurrency, burst: the
 * real order is documented nowhere (help.aliyun.com/zh/model-studio/rate-limit, seen 2026-11-21), and it shows only in
 * the name of the refusal when several limits are exhausted at once.
 */
export function limiterStack(limits: SimulatorLimits, { phaseMs = 0 }: StackOptions = {}): LimiterStack {
  const members = membersOf(limits, phaseMs);
  return {
    descriptions: members.map(({ name, limiter }) => `${name}: ${limiter.description}`),
    init: () => members.map(({ limiter }) => limiter.init()),
    arrive(state, nowMs, call) {
      for (let n = 0; n < members.length; n += 1) {
        const member = members[n] as Member;
        const asked = member.accounting === null ? 1 : member.asksForAny ? 1 : askedTokens(member.accounting, call);
        const decision = member.limiter.decide(state[n], nowMs, asked);
        if (decision.admitted) continue;
        bookRefusal(members, state, nowMs, call);
        const { retryAfterMs } = decision;
        return { admitted: false, refusedBy: member.name, delayMs: 0, retryAfterMs, booked: null };
      }
      for (let n = 0; n < members.length; n += 1) {
        const member = members[n] as Member;
        member.limiter.observe(state[n], nowMs, costAtAdmission(member, call), true);
      }
      return { admitted: true, refusedBy: null, delayMs: 0, retryAfterMs: 0, booked: { atMs: nowMs, call } };
    },
    finish(state, nowMs, { atMs, call }, actual) {
      for (let n = 0; n < members.length; n += 1) {
        const { name, limiter, accounting } = members[n] as Member;
        if (accounting !== null) {
          const booked = admissionTokens(accounting, call);
          limiter.finish(state[n], nowMs, booked, actualTokens(accounting, booked, actual), atMs);
        } else if (name === 'concurrency') limiter.finish(state[n], nowMs, 1, 1, atMs);
      }
    },
  };
}

function costAtAdmission(member: Member, call: StackCall): number {
  return member.accounting === null ? 1 : admissionTokens(member.accounting, call);
}

function bookRefusal(members: readonly Member[], state: StackState, nowMs: number, call: StackCall): void {
  for (let n = 0; n < members.length; n += 1) {
    const member = members[n] as Member;
    if (member.countsRefused) member.limiter.observe(state[n], nowMs, costAtAdmission(member, call), false);
  }
}

function membersOf(limits: SimulatorLimits, phaseMs: number): readonly Member[] {
  const members: Member[] = [];
  const add = (
    name: StackLimitName,
    limiter: Limiter<unknown>,
    { accounting = null, asksForAny = false, countsRefused = false }: Partial<Omit<Member, 'name' | 'limiter'>> = {},
  ) => members.push({ name, limiter, accounting, asksForAny, countsRefused });
  const { rps, rpm, tps, tpm, burst, freeTokens } = limits;
  if (freeTokens) {
    add('free_tokens', freeQuota(freeTokens), { accounting: freeAccounting(limits), asksForAny: true });
  }
  if (rps) add('rps', limiterFor(rps, SECOND_MS, { phaseMs }), { countsRefused: rps.countsRefused });
  if (rpm) add('rpm', limiterFor(rpm, MINUTE_MS, { phaseMs }), { countsRefused: rpm.countsRefused });
  if (tps) add('tps', limiterFor(tps, SECOND_MS, { phaseMs }), tps);
  if (tpm) add('tpm', limiterFor(tpm, MINUTE_MS, { phaseMs }), tpm);
  if (limits.concurrency !== null) add('concurrency', concurrency({ limit: limits.concurrency }));
  if (burst) add('burst', rateIncrease(burst));
  return members;
}

/**
 * A free quota is billed in tokens really used, so a reservation is always given back; otherwise it follows the token
 * limits. The last call may overshoot it: it is admitted while anything is left.
 */
function freeAccounting({ tps, tpm }: SimulatorLimits): TokenAccounting {
  const accounting = tpm?.accounting ?? tps?.accounting ?? 'prompt_at_admission';
  return accounting === 'reserve_max_tokens' ? 'reserve_and_refund' : accounting;
}
