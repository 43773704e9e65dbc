import type { Problem } from '../model/problem.ts';
import type { Scenario, Variant } from '../model/scenario.ts';
import { lintEdges } from './lint-edges.ts';
import { lintPlan } from './lint-plan.ts';
import { lintQuota } from './lint-quota.ts';
import { type LintInput, shapesOf } from './lint-shape.ts';
import type { YamlSource } from './yaml-source.ts';

/** Where a valid scenario cannot answer its question. Warnings only. */
export function lint(scenario: Scenario, source: YamlSource): readonly Problem[] {
  const input: LintInput = { scenario, shapes: shapesOf(scenario.traffic), source };
  const ofVariant = (variant: Variant) => [...lintQuota(input, variant), ...lintEdges(input, variant)];
  return [...lintPlan(input), ...scenario.variants.flatMap(ofVariant)];
}
