import type { Problem } from '../model/problem.ts';
import type { Scenario } from '../model/scenario.ts';
import type { YamlSource } from './yaml-source.ts';

export function lint(_scenario: Scenario, _source: YamlSource): readonly Problem[] {
  return [];
}
