import type { Target } from '../model/target.ts';

/** What decides whether two variants draw on one quota. */
export interface QuotaClaim {
  readonly name: string;
  readonly target: Target;
  readonly model: string;
  readonly region: string;
  /** Named in the file; null = follows from the rest. */
  readonly stated: string | null;
}

/**
 * Names of the quota groups, in order. Quota belongs to account, region and model, and the keys stand for the account: two
 * variants that have one key in common share a quota. Simulated variants each get an account of their own, so that they
 * can be compared side by side.
 */
export function quotaGroupsOf(claims: readonly QuotaClaim[]): readonly string[] {
  const names = claims.map(ownGroup);
  for (const [index, claim] of claims.entries()) {
    for (const [other, before] of claims.slice(0, index).entries()) {
      const [from, to] = [names[index], names[other]];
      if (to !== undefined && sharesQuota(claim, before)) {
        for (const [at, name] of names.entries()) if (name === from && claims[at]?.stated === null) names[at] = to;
      }
    }
  }
  return names;
}

function ownGroup({ name, target, model, region, stated }: QuotaClaim): string {
  if (stated !== null) return stated;
  return target.isSimulator ? name : [hostOf(target), region, model, ...target.keyEnvs].join(' ');
}

function sharesQuota(a: QuotaClaim, b: QuotaClaim): boolean {
  if (a.stated !== null || b.stated !== null || a.target.isSimulator || b.target.isSimulator) return false;
  const isSamePlace = hostOf(a.target) === hostOf(b.target) && a.region === b.region && a.model === b.model;
  const [keys, others] = [a.target.keyEnvs, b.target.keyEnvs];
  return isSamePlace && (keys.length === 0 ? others.length === 0 : keys.some((key) => others.includes(key)));
}

const hostOf = ({ name, baseUrl }: Target): string => (name === 'custom' ? (baseUrl ?? 'custom') : name);
