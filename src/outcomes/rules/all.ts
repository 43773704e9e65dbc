import type { Rule } from '../rule.ts';
import { DASHSCOPE_RULES } from './dashscope.ts';
import { EDGE_RULES } from './edges.ts';
import { GATEWAY_RULES } from './gateways.ts';
import { IDENTIFIER_RULES } from './identifiers.ts';
import { PHRASE_RULES } from './phrases.ts';
import { CHINA_RULES } from './providers-china.ts';
import { NUMERIC_RULES } from './providers-numeric.ts';
import { WORLD_RULES } from './providers-world.ts';
import { REFUSAL_RULES } from './refusals.ts';
import { RELAY_RULES } from './relays.ts';
import { REWRITTEN_RULES } from './rewritten.ts';
import { STATUS_RULES } from './statuses.ts';

/**
 * Every rule in the order in which it is tried: what a relay replaced, what a relay made, what a provider's own codes say,
 * proxies, parts of codes, errors that are no limits, words everybody uses, and the bare status.
 */
export const RULES: readonly Rule[] = [
  ...REWRITTEN_RULES,
  ...RELAY_RULES,
  ...GATEWAY_RULES,
  ...DASHSCOPE_RULES,
  ...CHINA_RULES,
  ...NUMERIC_RULES,
  ...WORLD_RULES,
  ...EDGE_RULES,
  ...IDENTIFIER_RULES,
  ...REFUSAL_RULES,
  ...PHRASE_RULES,
  ...STATUS_RULES,
];
