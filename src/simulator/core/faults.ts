import { FAULT_NAMES, TRANSPORT_FAULTS, type TransportFault } from '../../model/fault-names.ts';
import type { Fault } from '../../model/simulator.ts';
import { type DocumentedError, documentedError } from '../wire/error-table.ts';
import { type ChanceKey, PURPOSE, uniform } from './chance.ts';

export type FaultAnswer =
  | { readonly kind: 'error'; readonly error: DocumentedError }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'transport'; readonly fault: TransportFault };

export interface ScriptedFault {
  readonly fromMs: number;
  readonly toMs: number;
  readonly share: number;
  readonly purpose: number;
  readonly answer: FaultAnswer;
}

/** Resolves names once. Throws on a name or status that nothing stands for. */
export function scriptedFaults(faults: readonly Fault[]): readonly ScriptedFault[] {
  return faults.map(({ fromMs, toMs, share, answer }, index) => ({
    fromMs,
    toMs,
    share,
    purpose: PURPOSE.fault + index,
    answer: faultAnswer(answer),
  }));
}

/** The first fault whose time range [from, to) and whose chance hit. `sinceFirstMs` counts from the first call. */
export function faultAt(faults: readonly ScriptedFault[], sinceFirstMs: number, chance: ChanceKey): FaultAnswer | null {
  for (const fault of faults) {
    if (sinceFirstMs < fault.fromMs || sinceFirstMs >= fault.toMs) continue;
    if (fault.share >= 1 || uniform(chance, fault.purpose) < fault.share) return fault.answer;
  }
  return null;
}

function faultAnswer(answer: number | string): FaultAnswer {
  const status = typeof answer === 'number' || /^\d+$/.test(answer) ? Number(answer) : null;
  if (status !== null) {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`no such status: ${answer}`);
    return { kind: 'status', status };
  }
  const name = String(answer);
  const error = documentedError(name);
  if (error !== undefined) return { kind: 'error', error };
  if (isTransportFault(name)) return { kind: 'transport', fault: name };
  throw new RangeError(`unknown fault '${name}'; known are ${FAULT_NAMES.join(', ')} and every HTTP status`);
}

/** Whether a fault is an error of the service itself, not of the way to it. */
export function isServiceError(answer: number | string): boolean {
  return faultAnswer(answer).kind === 'error';
}

function isTransportFault(name: string): name is TransportFault {
  return (TRANSPORT_FAULTS as readonly string[]).includes(name);
}
