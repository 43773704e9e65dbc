import type { Exchange } from '../model/exchange.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Price } from '../model/quota.ts';
import type { Request } from '../model/request.ts';
import type { Safety } from '../model/safety.ts';

/** What one send may cost at worst, and later what it did cost. */
interface Amount {
  readonly tokens: number;
  readonly costUsd: number;
}

export interface Reservation extends Amount {
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly price: Price | null;
}

export interface Spending {
  readonly requests: number;
  /** Settled; what is still in flight is in `reservedTokens`. */
  readonly tokens: number;
  readonly costUsd: number;
  readonly reservedTokens: number;
  readonly reservedCostUsd: number;
}

export interface Budget {
  /** Reserves the worst case, or names the cap that this send could pass. */
  reserve(request: Request, price: Price | null): Reservation | BudgetRefusal;
  settle(reservation: Reservation, exchange: Exchange, outcome: Outcome): void;
  /** Gives a reservation back whose request was not sent after all. */
  release(reservation: Reservation): void;
  spending(): Spending;
}

export interface BudgetRefusal {
  readonly cap: 'maxRequests' | 'maxTokens' | 'maxCost';
  readonly detail: string;
}

export function isBudgetRefusal(value: Reservation | BudgetRefusal): value is BudgetRefusal {
  return 'cap' in value;
}

const NOTHING: Amount = { tokens: 0, costUsd: 0 };

function amountOf(promptTokens: number, completionTokens: number, price: Price | null): Amount {
  const costUsd =
    price === null
      ? 0
      : (promptTokens * price.inputUsdPerMillion + completionTokens * price.outputUsdPerMillion) / 1_000_000;
  return { tokens: promptTokens + completionTokens, costUsd };
}

/** A refusal costs nothing; an answer costs its usage; what ended without either is charged at the worst case. */
function actualAmount(reservation: Reservation, exchange: Exchange, outcome: Outcome): Amount {
  if (exchange.usage !== null) {
    return amountOf(exchange.usage.promptTokens, exchange.usage.completionTokens, reservation.price);
  }
  switch (outcome.kind) {
    case 'limited':
    case 'auth':
    case 'client_error':
    case 'not_sent':
      return NOTHING;
    case 'connection':
      return exchange.sentMs === null ? NOTHING : reservation;
    default:
      return reservation;
  }
}

/** Caps on requests, tokens and money: nothing is sent once spent + reserved would pass one of them. */
export function createBudget(safety: Safety): Budget {
  let requests = 0;
  let tokens = 0;
  let costUsd = 0;
  let reservedTokens = 0;
  let reservedCostUsd = 0;

  function refusal(worst: Amount): BudgetRefusal | null {
    if (safety.maxRequests !== null && requests + 1 > safety.maxRequests) {
      return { cap: 'maxRequests', detail: `${safety.maxRequests} requests were sent` };
    }
    if (safety.maxTokens !== null && tokens + reservedTokens + worst.tokens > safety.maxTokens) {
      return {
        cap: 'maxTokens',
        detail: `${tokens} tokens spent, ${reservedTokens} in flight at worst, ${worst.tokens} for the next request, cap ${safety.maxTokens}`,
      };
    }
    if (safety.maxCostUsd !== null && costUsd + reservedCostUsd + worst.costUsd > safety.maxCostUsd) {
      return {
        cap: 'maxCost',
        detail: `$${costUsd.toFixed(4)} spent, $${reservedCostUsd.toFixed(4)} in flight at worst, cap $${safety.maxCostUsd}`,
      };
    }
    return null;
  }

  function unreserve(amount: Amount): void {
    reservedTokens -= amount.tokens;
    reservedCostUsd -= amount.costUsd;
  }

  return {
    reserve(request, price) {
      const promptTokens = request.promptTokensBound;
      const maxTokens = request.maxTokens ?? 0;
      const worst = amountOf(promptTokens, maxTokens, price);
      const refused = refusal(worst);
      if (refused !== null) return refused;
      requests += 1;
      reservedTokens += worst.tokens;
      reservedCostUsd += worst.costUsd;
      return { promptTokens, maxTokens, price, tokens: worst.tokens, costUsd: worst.costUsd };
    },
    release(reservation) {
      requests -= 1;
      unreserve(reservation);
    },
    settle(reservation, exchange, outcome) {
      unreserve(reservation);
      const actual = actualAmount(reservation, exchange, outcome);
      tokens += actual.tokens;
      costUsd += actual.costUsd;
    },
    spending: () => ({ requests, tokens, costUsd, reservedTokens, reservedCostUsd }),
  };
}
