import type { Plan } from '../commands/plan.ts';
import type { PlannedPhase } from '../model/arrival.ts';
import type { Safety } from '../model/safety.ts';
import type { EnvironmentReference, Scenario } from '../model/scenario.ts';
import { SWITCHBACK } from '../model/switchback.ts';
import { bytesText, countText, durationText, moneyText, rateText } from './units-text.ts';

/** A plan of more phases repeats itself. */
const PHASES_SHOWN = 16;

/** The plan, before any load: what will be sent, to whom, for how long, at what cost, and what it may trip. */
export function planText(plan: Plan, scenario: Pick<Scenario, 'safety' | 'pairing' | 'references'>): string {
  const { safety, pairing, references = [] } = scenario;
  const takesTurns = plan.variants.length > 1 && pairing === 'switchback';
  const lines = [
    plan.scenarioName,
    ...(plan.description === '' ? [] : [`  ${plan.description.trim()}`]),
    '',
    ...plan.variants.map((variant) => row(variant.name === 'default' ? 'target' : variant.name, targetText(variant))),
    ...references.map((reference) => row('variable', referenceText(reference))),
    row('traffic', trafficText(plan)),
    ...(takesTurns ? [row('turns', turnsText(plan))] : []),
    ...plan.phases.slice(0, PHASES_SHOWN).map((phase) => `    ${phaseText(phase)}`),
    ...(plan.phases.length > PHASES_SHOWN ? [`    and ${plan.phases.length - PHASES_SHOWN} more`] : []),
    row('requests', plan.requests === null ? 'as many as the answers allow (closed model)' : countText(plan.requests)),
    row('tokens', tokensText(plan)),
    row('cost', costText(plan)),
    row('caps', capsText(safety)),
    row('may trip', plan.mayTrip.length === 0 ? 'no published limit' : plan.mayTrip.join(', ')),
  ];
  if (plan.isReal) lines.push(row('note', 'quota belongs to the account: production traffic on it will feel this run'));
  return `${lines.join('\n')}\n`;
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(10)}${text}`;
}

const turnsText = ({ variants }: Plan): string =>
  `${SWITCHBACK.rounds} rounds: ${variants.map(({ name }) => name).join(', ')} share one quota and send one after the other, in random order`;

function referenceText({ name, at, isSet }: EnvironmentReference): string {
  return isSet ? `${name} sets ${at}` : `${name} is not set: ${at} as the file says`;
}

function targetText({ target, model, driver, sdkRetries }: Plan['variants'][number]): string {
  const where = target.isSimulator ? 'embedded simulator' : `${target.name} ${target.baseUrl}`;
  const retries =
    sdkRetries === 0 ? '' : ` with up to ${sdkRetries} ${sdkRetries === 1 ? 'retry' : 'retries'} of its own`;
  return `${where}, ${model}${driver === 'undici' ? '' : `, through ${driver}${retries}`}`;
}

function trafficText(plan: Plan): string {
  const rest = plan.restMs > 0 ? `${durationText(plan.restMs)} of silence, then ` : '';
  return `${rest}${durationText(plan.trafficMs)} in ${plan.phases.length} ${plan.phases.length === 1 ? 'phase' : 'phases'}`;
}

function phaseText(phase: PlannedPhase): string {
  const count = phase.plannedArrivals === null ? '' : `${countText(phase.plannedArrivals)} requests`;
  const peak = phase.peakPerSecond === null ? '' : ` up to ${rateText(phase.peakPerSecond)}`;
  const start = durationText(phase.startMs).padStart(9);
  return `${start}  ${phase.label.padEnd(16)} ${durationText(phase.endMs - phase.startMs).padStart(9)}  ${count}${peak}`;
}

function tokensText(plan: Plan): string {
  const output =
    plan.maxCompletionTokens === null ? 'output not bounded' : `at most ${countText(plan.maxCompletionTokens)} out`;
  return `about ${countText(plan.promptTokens)} in, ${output}`;
}

function costText(plan: Plan): string {
  if (!plan.isReal) return 'none: the endpoint is simulated';
  if (plan.costUsdMax === null) return 'unknown: no price is known for this target and model, or output is not bounded';
  return `at most ${moneyText(plan.costUsdMax)}`;
}

function capsText(safety: Safety): string {
  const caps = [
    safety.maxRequests === null ? null : `${countText(safety.maxRequests)} requests`,
    safety.maxTokens === null ? null : `${countText(safety.maxTokens)} tokens`,
    safety.maxCostUsd === null ? null : moneyText(safety.maxCostUsd),
    safety.maxDurationMs === null ? null : durationText(safety.maxDurationMs),
    safety.maxJournalBytes === null ? null : `${bytesText(safety.maxJournalBytes)} of journal`,
    `${countText(safety.maxInFlight)} in flight`,
    safety.stopOn.length === 0 ? null : `stops on ${safety.stopOn.join(', ')}`,
  ];
  return caps.filter((cap) => cap !== null).join(' · ');
}
