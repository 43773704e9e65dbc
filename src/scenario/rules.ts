import type { Problem } from '../model/problem.ts';
import { LIMIT_NAMES } from '../model/quota.ts';
import type { Phase } from '../model/scenario.ts';
import type { Claim, Threshold } from '../model/threshold.ts';
import type { BuiltVariant } from './build-variants.ts';
import { type Context, complain } from './context.ts';
import { suggestion } from './spelling.ts';
import { parseRule, parseThreshold } from './threshold.ts';
import type { Path, TextPlace } from './yaml-source.ts';

/** Thresholds that can be read; the others are complained about. */
export function readThresholds(context: Context, texts: readonly string[]): readonly Threshold[] {
  return texts.flatMap((text, index) => {
    const place = context.source.textAt(['thresholds', index]);
    const checked = parseThreshold(text, place.where);
    if (checked.ok) return [checked.value];
    context.problems.push(...placed(checked.problems, place));
    return [];
  });
}

/** Columns inside a text only mean something where the file holds it as it is: a folded one is pointed at as a whole. */
const placed = (problems: readonly Problem[], place: TextPlace): readonly Problem[] =>
  place.isVerbatim ? problems : problems.map((problem) => ({ ...problem, where: place.where }));

/** Claims that can be read: `relay: availability >= 99.9%`, `relay: cost <= 88% of direct`. */
export function readClaims(
  context: Context,
  items: readonly Readonly<Record<string, string>>[],
  variants: readonly string[],
): readonly Claim[] {
  return items.flatMap((item, index) => {
    const at: Path = ['claims', index];
    const entries = Object.entries(item);
    const [entry] = entries;
    if (entry === undefined || entries.length > 1) {
      const message = 'a claim is one variant and one rule';
      complain(context, { code: 'bad-claim', at, message, hint: 'write - relay: availability >= 99.9%' });
      return [];
    }
    return readClaim(context, { name: entry[0], text: entry[1], at, variants });
  });
}

function readClaim(
  context: Context,
  claim: { readonly name: string; readonly text: string; readonly at: Path; readonly variants: readonly string[] },
): readonly Claim[] {
  const { name, text, at, variants } = claim;
  const path = [...at, name];
  if (!variants.includes(name)) {
    const hint = suggestion(name, variants);
    complain(context, { code: 'unknown-variant', key: path, message: `unknown variant "${name}"`, hint });
  }
  const place = context.source.textAt(path);
  const checked = parseRule({ text, location: place.where, allowRelative: true });
  if (!checked.ok) {
    context.problems.push(...placed(checked.problems, place));
    return [];
  }
  const { threshold, relativeTo, relativeOffset } = checked.value;
  if (relativeTo !== null && !variants.includes(relativeTo)) {
    const where = { ...place.where, column: place.where.column + relativeOffset };
    const message = `unknown variant "${relativeTo}"`;
    const hint = suggestion(relativeTo, variants);
    const problem: Problem = { code: 'unknown-variant', severity: 'error', message, hint, where };
    context.problems.push(...placed([problem], place));
  }
  return [{ text: `${name}: ${text.trim()}`, variant: name, threshold, relativeTo }];
}

/** Tags must name phases, variants and models that exist, and verdicts need a number to be held against. */
export function checkRules(
  context: Context,
  options: {
    readonly thresholds: readonly Threshold[];
    readonly traffic: readonly Phase[];
    readonly variants: readonly BuiltVariant[];
  },
): void {
  const { thresholds, traffic, variants } = options;
  const phases = context.failed.has('traffic')
    ? null
    : [...new Set(traffic.flatMap((phase) => [phase.label ?? phase.kind, phase.kind]))];
  const names = context.failed.has('variants') ? null : variants.map(({ variant }) => variant.name);
  const models = context.failed.has('model') || names === null ? null : modelsOf(variants);
  for (const threshold of thresholds) {
    checkTag(context, { threshold, tag: 'phase', known: phases });
    checkTag(context, { threshold, tag: 'variant', known: names });
    checkTag(context, { threshold, tag: 'model', known: models });
    if (names !== null) checkQuota(context, { threshold, variants });
  }
}

const modelsOf = (variants: readonly BuiltVariant[]): readonly string[] => [
  ...new Set(
    variants.flatMap(({ variant }) => [
      variant.model,
      ...variant.tactics.flatMap((tactic) => (tactic.kind === 'fallback' ? tactic.models : [])),
      ...(variant.simulator.relay?.swapsModel ? [variant.simulator.relay.swapsModel.to] : []),
    ]),
  ),
];

function checkTag(
  context: Context,
  options: {
    readonly threshold: Threshold;
    readonly tag: 'phase' | 'variant' | 'model';
    readonly known: readonly string[] | null;
  },
): void {
  const { threshold, tag, known } = options;
  const value = threshold.tags[tag];
  if (value === undefined || known === null || known.includes(value)) return;
  const code = tag === 'variant' ? 'unknown-variant' : 'unknown-tag-value';
  const message = `no ${tag} is called "${value}"`;
  context.problems.push({
    code,
    severity: 'error',
    message,
    hint: suggestion(value, known),
    where: tagPlace(threshold, value),
  });
}

/** The place of a tag's value inside the threshold's text. */
function tagPlace({ where, text }: Threshold, value: string): Problem['where'] {
  const offset = text.indexOf(`"${value}"`);
  return where === null ? null : { ...where, column: where.column + offset + 1 };
}

function checkQuota(
  context: Context,
  options: { readonly threshold: Threshold; readonly variants: readonly BuiltVariant[] },
): void {
  const { threshold } = options;
  const limit = LIMIT_NAMES.find((name) => threshold.metric === `quota.${name}`);
  if (limit === undefined) return;
  if (limit === 'burst') {
    const message = 'no number is published for the burst guard: the verdict can only say whether it was met';
    const hint = 'compare limited.burst.count instead';
    context.problems.push({ code: 'undocumented-quota', severity: 'warning', message, hint, where: threshold.where });
    return;
  }
  const tagged = options.variants.filter(
    ({ variant }) => threshold.tags.variant === undefined || threshold.tags.variant === variant.name,
  );
  const missing = tagged.find(({ variant }) => variant.quota[limit] === null);
  if (missing === undefined) return;
  const { model } = missing.variant;
  const message = `no ${limit} is published for ${model} in ${missing.region}, and the scenario states none`;
  const hint = `write quota: { ${limit}: … }`;
  context.problems.push({ code: 'undocumented-quota', severity: 'error', message, hint, where: threshold.where });
}
