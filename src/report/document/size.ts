import type {
  LimitNeed,
  MeasuredLimit,
  MonthlyCost,
  PeakDemand,
  SizedLimit,
  SizeProof,
  SizeSheet,
  TacticNeed,
} from '../../model/size.ts';
import { formatEstimate, formatMs, formatNumber, formatShare, formatUsd, NONE } from '../format.ts';
import { QUOTA_WORDS, windowWords } from '../words.ts';
import {
  type Block,
  type Cell,
  facts,
  heading,
  left,
  right,
  rowTable,
  type Section,
  strong,
  table,
  text,
} from './blocks.ts';

const UNITS: Readonly<Record<SizedLimit, string>> = {
  rps: 'requests/s',
  rpm: 'requests/min',
  tps: 'tokens/s',
  tpm: 'tokens/min',
};

const section = (id: string, title: string, ...blocks: (Block | readonly Block[])[]): Section => ({
  id,
  title,
  blocks: blocks.flat(),
});

/** The sheet as data: Markdown and terminal render the same. Most important first. */
export function sizeSections(sheet: SizeSheet): readonly Section[] {
  return [
    recommendationSection(sheet),
    demandSection(sheet),
    needsSection(sheet),
    tacticsSection(sheet),
    ...measuredSection(sheet),
    pathsSection(sheet),
    costSection(sheet),
    section('method', 'How it was found', { kind: 'list', items: [...methodItems(sheet), ...sheet.notes] }),
  ];
}

function recommendationSection(sheet: SizeSheet): Section {
  const { recommendation: advice, current, tactics } = sheet;
  const now = facts([
    ['Use case', sheet.scenario.description.trim() || sheet.scenario.name],
    ['Model, region', `${sheet.model}, ${sheet.region} (${sheet.target})`],
    ['Current quota', currentText(sheet)],
    ['From', current.seenOn === null ? current.source : `${current.source}, seen ${current.seenOn}`],
    [
      'Asked for',
      advice === null ? null : strong(`${formatNumber(advice.quota.rpm)} RPM, ${formatNumber(advice.quota.tpm)} TPM`),
    ],
    ['Client tactic', advice === null ? null : advice.tactic],
  ]);
  const items = advice?.sentences ?? [
    `No quota that was tried meets the rules: ${tactics[0].why ?? 'none was found'}.`,
  ];
  return section('request', 'Quota request', now, { kind: 'list', items });
}

function currentText({ current }: SizeSheet): string {
  const known = (['rpm', 'tpm', 'rps', 'tps'] as const).flatMap((name) =>
    current[name] === null ? [] : [`${formatNumber(current[name], 1)} ${name.toUpperCase()}`],
  );
  return known.length === 0 ? 'not known' : known.join(', ');
}

function demandSection({ peaks, requests, tokens, trafficMs, seeds }: SizeSheet): Section {
  const pair = ({ p50, max }: { readonly p50: number; readonly max: number }): string =>
    p50 === max ? formatNumber(max) : `${formatNumber(p50)} / ${formatNumber(max)}`;
  const row = (peak: PeakDemand): readonly Cell[] => [
    windowWords(peak.windowMs),
    pair(peak.requests),
    pair(peak.tokens),
    pair(peak.reservedTokens),
  ];
  return section(
    'demand',
    'Peak demand',
    text(
      `${formatNumber(requests)} requests in ${formatMs(trafficMs)}: ${formatNumber(tokens.prompt)} tokens in, ${formatNumber(tokens.completion)} out. Most in any window, ${seeds.length === 1 ? 'one draw' : `median / most over ${seeds.length} draws`}.`,
    ),
    table(
      [left('in any'), right('requests'), right('tokens in + out'), right('tokens in + max_tokens')],
      peaks.map(row),
    ),
  );
}

function needsSection({ alone, minuteOnly, tactics, limiters }: SizeSheet): Section {
  const [own] = tactics;
  const joint = (needed: { readonly rpm: number; readonly tpm: number } | null) =>
    needed === null ? NONE : `${formatNumber(needed.rpm)} RPM, ${formatNumber(needed.tpm)} TPM`;
  return section(
    'needs',
    'Needed quota',
    table(
      [
        left('limit'),
        right('needed alone'),
        right('exact window'),
        right('step'),
        left('decided by'),
        left('one step less breaks'),
      ],
      alone.map(needRow),
    ),
    facts([
      ['Both, enforced over the minute', joint(minuteOnly.needed)],
      ['Both, a sixtieth also within a second', strong(joint(own.joint.needed))],
      ['Worst for requests', proofText(own.joint.requests)],
      ['Worst for tokens', proofText(own.joint.tokens)],
    ]),
    text(
      `Each holds under ${limiters.length} limiters that the published numbers allow, or those of them that the limit concerns.`,
    ),
  );
}

function needRow({ limit, needed, exact, step, proof }: LimitNeed): readonly Cell[] {
  return [
    strong(limit.toUpperCase()),
    needed === null ? NONE : `${formatNumber(needed)} ${UNITS[limit]}`,
    formatNumber(exact),
    formatNumber(step),
    proof === null ? NONE : `${proof.limiter}, seed ${proof.seed}`,
    proof === null ? NONE : proof.breaks.join('; '),
  ];
}

function proofText(proof: SizeProof | null): string | null {
  return proof === null
    ? null
    : `${proof.limiter}, seed ${proof.seed}: one step less breaks ${proof.breaks.join('; ')}`;
}

function tacticsSection({ tactics, recommendation }: SizeSheet): Section {
  const row = ({ name, text: said, joint, why, effect }: TacticNeed): readonly Cell[] => [
    name === recommendation?.tactic ? strong(name) : name,
    joint.needed === null ? NONE : formatNumber(joint.needed.rpm),
    joint.needed === null ? NONE : formatNumber(joint.needed.tpm),
    effect === null ? NONE : formatShare(effect.availability),
    effect === null ? NONE : formatNumber(effect.attemptsPerRequest, 3),
    effect === null ? NONE : formatMs(effect.addedDelayP95Ms),
    why ?? guardText(effect?.guardBreaks ?? null) ?? said,
  ];
  return section(
    'tactics',
    'What a client tactic changes',
    table(
      [
        left('tactic'),
        right('RPM'),
        right('TPM'),
        right('answered'),
        right('attempts'),
        right('delay p95'),
        left('note'),
      ],
      tactics.map(row),
    ),
    facts(tactics.map(({ name, text: said }) => [name, said])),
  );
}

function guardText(breaks: readonly string[] | null): string | null {
  if (breaks === null) return null;
  return breaks.length === 0
    ? 'holds with the assumed growth guard too'
    : `the assumed growth guard breaks ${breaks.join('; ')}`;
}

function measuredSection({ measured, tactics }: SizeSheet): readonly Section[] {
  if (measured === null) return [];
  const needed = tactics[0].joint.needed;
  const need = (limit: MeasuredLimit['limit']): number | null => {
    if (needed === null) return null;
    const all: Readonly<Record<string, number>> = {
      rpm: needed.rpm,
      rps: needed.rpm / 60,
      tpm: needed.tpm,
      tps: needed.tpm / 60,
    };
    return all[limit] ?? null;
  };
  const row = (each: MeasuredLimit): readonly Cell[] => [
    strong(each.limit.toUpperCase()),
    formatNumber(each.documented, 1),
    { kind: 'result', result: each.result, text: QUOTA_WORDS[each.result] },
    formatEstimate(each.estimate),
    formatNumber(need(each.limit), 1),
  ];
  const where = measured.isSimulator ? 'the simulator: no evidence about a provider' : measured.target;
  return [
    section(
      'measured',
      'Limits measured earlier',
      text(
        `${measured.kind === 'forecast' ? 'Forecast' : 'Run'} ${measured.run} of ${measured.startedAt}, ${measured.model} at ${where}.`,
        measured.isSimulator || measured.kind === 'forecast' ? 'warning' : 'plain',
      ),
      measured.limits.length === 0 ? text('It verified no limit.') : [],
      rowTable(
        [left('limit'), right('documented'), left('verdict'), right('measured'), right('needed')],
        measured.limits.map(row),
      ),
    ),
  ];
}

function pathsSection({ paths }: SizeSheet): Section {
  return section(
    'paths',
    'How to ask',
    paths.flatMap((path): readonly Block[] => [
      heading(path.name),
      { kind: 'list', items: [...path.facts, `${path.source}, seen ${path.seenOn}`] },
    ]),
  );
}

function costSection({ tactics, trafficMs }: SizeSheet): Section {
  const row = (name: string, cost: MonthlyCost): readonly Cell[] => [
    name,
    cost.channel,
    `${formatNumber(cost.promptTokens / 1e6, 1)} M`,
    `${formatNumber(cost.completionTokens / 1e6, 1)} M`,
    strong(formatUsd(cost.usd)),
    formatUsd(cost.usdIfRefusedBilled),
    formatUsd(cost.perThousandAnswersUsd),
  ];
  const bases = new Map(
    tactics.flatMap(({ monthly }) => monthly.map(({ channel, basis }) => [channel, basis] as const)),
  );
  return section(
    'cost',
    'Cost per month',
    text(
      `${formatMs(trafficMs)} of this traffic, repeated around the clock for 30 days, at the needed quota. Every attempt counts, retries included; refusals are taken as free, and the column beside says what their prompts would add.`,
    ),
    table(
      [
        left('tactic'),
        left('channel'),
        right('tokens in'),
        right('tokens out'),
        right('per month'),
        right('refusals billed'),
        right('per 1,000 answers'),
      ],
      tactics.flatMap(({ name, monthly }) => monthly.map((cost) => row(name, cost))),
    ),
    facts([...bases].map(([channel, basis]) => [channel, basis])),
  );
}

function methodItems({ rules, undecided, seeds, limiters, runs }: SizeSheet): readonly string[] {
  return [
    `Rules: ${rules.join('; ')}`,
    ...undecided.map(
      ({ rule, seeds: failed, why }) =>
        `Not decided by the quota: ${rule} fails with no limit at all (${why}) in ${failed.length} of ${seeds.length} draws, and is left out there.`,
    ),
    `${formatNumber(runs)} simulated runs, seeds ${seeds.join(', ')}; ${limitersText(limiters)}.`,
  ];
}

/** Window algorithms times ways to book tokens, instead of every product of them. */
function limitersText(limiters: readonly string[]): string {
  const parts = (index: number) => [...new Set(limiters.flatMap((name) => name.split(', ')[index] ?? []))].join(', ');
  return `${limiters.length} limiters: ${parts(0)}; tokens booked as ${parts(1)}`;
}
