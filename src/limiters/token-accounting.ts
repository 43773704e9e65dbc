import type { TokenAccounting } from '../model/simulator.ts';

export interface AccountedTokens {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

interface ReservableTokens {
  readonly promptTokens: number;
  readonly maxTokens: number | null;
}

/** Booked when a call is admitted. */
export function admissionTokens(accounting: TokenAccounting, call: ReservableTokens): number {
  switch (accounting) {
    case 'prompt_at_admission':
      return call.promptTokens;
    case 'reserve_max_tokens':
    case 'reserve_and_refund':
      return call.promptTokens + (call.maxTokens ?? 0);
    case 'at_completion':
      return 0;
    default:
      return accounting satisfies never;
  }
}

/** What must be free at admission: never nothing, so that an exhausted limit refuses whatever it books later. */
export function askedTokens(accounting: TokenAccounting, call: ReservableTokens): number {
  return Math.max(1, admissionTokens(accounting, call));
}

/** What stays booked once the call has ended. */
export function actualTokens(accounting: TokenAccounting, bookedTokens: number, actual: AccountedTokens): number {
  return accounting === 'reserve_max_tokens' ? bookedTokens : actual.promptTokens + actual.completionTokens;
}
